"""`campaigns serve`: both applications on one machine, with engines that it starts or joins."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import httpx

from crossfade.local import State, down, status, up

START_SECONDS_MAX = 120.0
STOP_SECONDS_MAX = 60.0
ADDRESS = re.compile(r"The (application|dashboard): +(http://\S+)")


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Process, dict[str, str]]]:
    """Run the command; yield it with the addresses that it printed."""
    command = ("-m", "campaigns", "serve", "--data", folder, "--port", 0, "--dashboard-port", 0)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *map(str, command), stdout=asyncio.subprocess.DEVNULL, stderr=PIPE
    )
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            yield process, await addresses(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def addresses(process: Process) -> dict[str, str]:
    """Read what the command prints until it has printed the addresses of both applications."""
    assert process.stderr is not None
    urls: dict[str, str] = {}
    while len(urls) < len(("application", "dashboard")):
        line = (await process.stderr.readline()).decode()
        assert line, "the command ended"
        urls |= {found[1]: found[2] for found in ADDRESS.finditer(line)}
    return urls


async def assert_both_answer(urls: dict[str, str]) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(urls["application"])).status_code == HTTPStatus.OK
        assert (await client.get(f"{urls['dashboard']}/readyz")).status_code == HTTPStatus.OK


async def test_one_command_serves_everything_until_it_is_stopped(data_folder: Path) -> None:
    async with serving(data_folder) as (process, urls):
        await assert_both_answer(urls)
        process.send_signal(signal.SIGINT)
        await ended(process)
    assert {engine.state for engine in status(data_folder)} == {State.STOPPED}


async def test_it_joins_engines_that_run_and_ends_when_they_are_stopped(data_folder: Path) -> None:
    """So does what a demonstration leaves running."""
    await up(data_folder)
    try:
        async with serving(data_folder) as (process, urls):
            await assert_both_answer(urls)
            await down(data_folder)
            await ended(process)
    finally:
        await down(data_folder)


async def ended(process: Process) -> None:
    """Wait for the command's end, which is a good one."""
    async with asyncio.timeout(STOP_SECONDS_MAX):
        _, rest = await process.communicate()
    assert process.returncode == 0, rest.decode()
