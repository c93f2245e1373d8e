"""How engines end with the process that started them, outlive it, and run as an ordinary user."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from crossfade.local import State, closed_folder, down, status, unprivileged_account

SECONDS_MAX = 60.0

RUN = """
import asyncio, json, pathlib, sys
from crossfade.local import Lifetime, local_services

async def main():
    folder, lifetime = pathlib.Path(sys.argv[1]), Lifetime(sys.argv[2])
    async with local_services(folder, lifetime=lifetime) as services:
        print(json.dumps({
            "pids": [services.postgres.pid, services.aws.pid],
            "dsn": services.dsn,
        }), flush=True)
        if lifetime is Lifetime.TIED:
            await asyncio.Event().wait()

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A process that runs the local services, and the values that it printed."""

    process: asyncio.subprocess.Process
    pids: list[int]
    dsn: str


async def run(folder: Path, lifetime: str, *before: str) -> Run:
    process = await asyncio.create_subprocess_exec(
        *before,
        sys.executable,
        "-c",
        RUN,
        str(folder),
        lifetime,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said = json.loads(await process.stdout.readline())
    return Run(process, said["pids"], said["dsn"])


def ended(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def wait_until_ended(pids: list[int]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not all(map(ended, pids)):
        assert time.monotonic() < deadline, "a process is left"
        await asyncio.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="the system offers no such tie")
@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
async def test_tied_engines_end_with_their_process_however_it_dies(
    data_folder: Path, death: signal.Signals
) -> None:
    other = await run(data_folder, "tied")
    children = [child.pid for pid in other.pids for child in psutil.Process(pid).children()]
    assert children
    os.kill(other.process.pid, death)
    await other.process.wait()
    try:
        await wait_until_ended([*other.pids, *children])
    finally:
        await down(data_folder)


async def test_an_interrupted_process_stops_its_engines_in_order(data_folder: Path) -> None:
    other = await run(data_folder, "tied")
    other.process.send_signal(signal.SIGINT)
    await other.process.wait()
    assert all(map(ended, other.pids))
    assert {engine.state for engine in status(data_folder)} == {State.STOPPED}


async def test_detached_engines_outlive_their_process(data_folder: Path) -> None:
    other = await run(data_folder, "detached")
    await other.process.wait()
    try:
        with psycopg.connect(other.dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert [engine.pid for engine in status(data_folder)] == other.pids
    finally:
        found = await down(data_folder)
    assert {engine.state for engine in found} == {State.RUNNING}
    assert all(map(ended, other.pids))


def as_an_ordinary_user() -> tuple[str, ...]:
    """Return the command that runs another one as ``nobody``; empty for an ordinary user.

    An interpreter under /root is closed to other users: then the one right to pass through
    closed folders is kept, which changes no owner.
    """
    account = unprivileged_account()
    if account is None:
        return ()
    drop = ("setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups")
    if closed_folder(Path(sys.executable), account) is None:
        return drop
    return (*drop, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")


async def test_engines_run_as_an_ordinary_user(data_folder: Path) -> None:
    account = unprivileged_account()
    uid = os.getuid() if account is None else account.uid
    os.chown(data_folder, uid, -1)
    other = await run(data_folder / "engines", "tied", *as_an_ordinary_user())
    assert {psutil.Process(pid).uids().effective for pid in other.pids} == {uid}
    with psycopg.connect(other.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    other.process.send_signal(signal.SIGINT)
    await other.process.wait()
    await wait_until_ended(other.pids)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
async def test_only_postgres_gives_up_root(data_folder: Path) -> None:
    other = await run(data_folder, "tied")
    account = unprivileged_account()
    assert account is not None
    users = [psutil.Process(pid).uids().effective for pid in other.pids]
    assert users == [account.uid, 0]
    other.process.send_signal(signal.SIGINT)
    await other.process.wait()
