"""Create a PostgreSQL data folder and clean it up after a crash, as root too."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import psutil

from crossfade.errors import ConfigurationError, Unreachable
from crossfade.local.program import Account, closed_folder

SUPERUSER = "postgres"
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""The complete environment of PostgreSQL's programs."""

_ORPHAN_SECONDS_MAX = 10.0
_BUILTIN_LOCALE_SINCE = 17
"""Source: PostgreSQL 17 release notes, "builtin" collation provider."""


def open_to(account: Account, folder: Path) -> None:
    """Let a user enter a folder.

    Raises:
        ConfigurationError: the user may not enter one of its parent folders.
    """
    folder.chmod(folder.stat().st_mode | 0o011)
    closed = closed_folder(folder / "data", account)
    if closed is not None:
        raise ConfigurationError(
            f"{folder}: PostgreSQL does not run as root, and the user that it runs as instead "
            f"(uid {account.uid}) may not enter {closed}; choose another data folder, "
            "such as /var/lib/crossfade, or run as an ordinary user"
        )


def reachable_binaries(binaries: Path, folder: Path, account: Account | None) -> Path:
    """Return the folder of PostgreSQL's programs, copied if the user may not enter the original.

    Other users may not enter Python environments under ``/root``. The wheel keeps shared libraries
    beside its package, and its programs load them from there, so both are copied.
    """
    if account is None or closed_folder(binaries / "postgres", account) is None:
        return binaries
    installation, package = binaries.parents[0], binaries.parents[1]
    copied = folder / "programs"
    if not copied.exists():
        unfinished = folder / "programs.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        libraries = f"{package.name}.libs"
        for original, copy in (
            (installation, unfinished / package.name / installation.name),
            (package.with_name(libraries), unfinished / libraries),
        ):
            if original.exists():
                shutil.copytree(original, copy, symlinks=True)
        unfinished.rename(copied)
    return copied / package.name / installation.name / binaries.name


async def clear_leftovers(data: Path) -> None:
    """Kill the worker processes that a killed server left, then remove its ``postmaster.pid``.

    A busy worker does not notice that its server has ended, and prevents the next start. So does
    a process id in the lock file that now belongs to an unrelated process. Call this only while
    the server itself is not running.

    Raises:
        ConfigurationError: a server that Crossfade did not start runs on this folder.
    """
    lock = data / "postmaster.pid"
    server = _pid_in(lock)
    orphans = [process for process in psutil.process_iter() if _serves(process, data)]
    if any(process.pid == server for process in orphans):
        raise ConfigurationError(
            f"{data}: a PostgreSQL server (process {server}) already runs on this folder; "
            "stop it or choose another data folder"
        )
    for process in orphans:
        process.kill()
    await asyncio.to_thread(psutil.wait_procs, orphans, timeout=_ORPHAN_SECONDS_MAX)
    lock.unlink(missing_ok=True)


def _pid_in(lock: Path) -> int | None:
    try:
        return int(lock.read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None


def _serves(process: psutil.Process, data: Path) -> bool:
    """Return whether this is a PostgreSQL process of the folder, its working directory."""
    try:
        return bool(process.name().startswith("postgres") and process.cwd() == str(data))
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


async def create_cluster(
    binaries: Path, data: Path, password: str, account: Account | None
) -> None:
    """Create a data folder with ``initdb``, atomically.

    Raises:
        Unreachable: ``initdb`` failed; the message ends with its output.
    """
    unfinished = data.with_name("data.new")
    password_file = data.with_name("password")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    for path in (unfinished, password_file):
        if account is not None:
            os.chown(path, account.uid, account.gid)
    try:
        await _run(
            account,
            str(binaries / "initdb"),
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-sync",
            *_options_by_version(await _run(account, str(binaries / "initdb"), "--version")),
        )
    finally:
        password_file.unlink()
    unfinished.rename(data)


def _options_by_version(version: str) -> list[str]:
    """Return options for equal sorting and case rules on every machine, and for fast logins.

    Key stretching protects passwords that people choose. This one has 144 random bits, and 4,096
    rounds would cost client and server several milliseconds for each new connection.

    Args:
        version: the output of ``initdb --version``, such as ``initdb (PostgreSQL) 18.4``.
    """
    major = int(version.split()[2].partition(".")[0])
    if major < _BUILTIN_LOCALE_SINCE:
        return ["--locale=C.UTF-8"]
    return [
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--set=scram_iterations=1",
    ]


async def _run(account: Account | None, *arguments: str) -> str:
    # In a thread: not every event loop can start a process as another user.
    return await asyncio.to_thread(_run_blocking, account, arguments)


def _run_blocking(account: Account | None, arguments: tuple[str, ...]) -> str:
    ended = subprocess.run(  # noqa: S603 - a known program, its arguments a list
        arguments,
        env=ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode != 0:
        raise Unreachable(f"{Path(arguments[0]).name} failed: {ended.stdout.strip()}")
    return ended.stdout
