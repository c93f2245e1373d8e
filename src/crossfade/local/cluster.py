"""Making and mending a PostgreSQL data folder, as root too."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import psutil

from crossfade.errors import ConfigurationError, Unreachable
from crossfade.local.program import Account, closed_folder

SUPERUSER = "postgres"
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""The whole environment of PostgreSQL's programs."""

_BUILTIN_LOCALE_SINCE = 17
"""Source: PostgreSQL 17 release notes, "builtin" collation provider."""


def open_to(account: Account, folder: Path) -> None:
    """Let a user reach what lies in a folder.

    Raises:
        ConfigurationError: a folder above it is closed to that user.
    """
    folder.chmod(folder.stat().st_mode | 0o011)
    closed = closed_folder(folder / "data", account)
    if closed is not None:
        raise ConfigurationError(
            f"{folder}: PostgreSQL does not run as root, and the user it runs as instead "
            f"(uid {account.uid}) may not enter {closed}; choose a data folder elsewhere, "
            "such as /var/lib/crossfade, or run as an ordinary user"
        )


def reachable_binaries(binaries: Path, folder: Path, account: Account | None) -> Path:
    """The folder of PostgreSQL's programs; a copy of it when the user may not enter the original.

    Python environments under ``/root`` are closed to everybody else, hence the copy.
    """
    if account is None or closed_folder(binaries / "postgres", account) is None:
        return binaries
    copied = folder / "programs"
    if not copied.exists():
        unfinished = folder / "programs.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(binaries.parent, unfinished, symlinks=True)
        unfinished.rename(copied)
    return copied / binaries.name


def clear_stale_lock(data: Path) -> None:
    """Remove ``postmaster.pid`` when its process is gone or is no PostgreSQL.

    After ``kill -9`` the number may have been given to any other process, and PostgreSQL would
    then refuse to start.

    Raises:
        ConfigurationError: a PostgreSQL that is not ours to stop runs on this folder.
    """
    lock = data / "postmaster.pid"
    try:
        process = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
        is_postgres = "postgres" in process.name() and process.cwd() == str(data.resolve())
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        is_postgres = False
    if is_postgres:
        raise ConfigurationError(
            f"{data}: a PostgreSQL server (process {process.pid}) already runs on this folder; "
            "stop it or choose another data folder"
        )
    lock.unlink(missing_ok=True)


async def create_cluster(
    binaries: Path, data: Path, password: str, account: Account | None
) -> None:
    """Run ``initdb`` for a data folder that does not exist; it appears whole or not at all.

    Raises:
        Unreachable: ``initdb`` failed; the message ends with what it printed.
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
            *_locale_options(await _run(account, str(binaries / "initdb"), "--version")),
        )
    finally:
        password_file.unlink()
    unfinished.rename(data)


def _locale_options(version: str) -> list[str]:
    """The same sorting and case rules on every machine, whatever locales it has.

    Args:
        version: what ``initdb --version`` prints, such as ``initdb (PostgreSQL) 18.4``.
    """
    major = int(version.split()[2].partition(".")[0])
    if major < _BUILTIN_LOCALE_SINCE:
        return ["--locale=C.UTF-8"]
    return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


async def _run(account: Account | None, *arguments: str) -> str:
    identity: dict[str, Any] = {}
    if account is not None:
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    process = await asyncio.create_subprocess_exec(
        *arguments,
        env=ENVIRONMENT,
        cwd="/",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        **identity,
    )
    output, _ = await process.communicate()
    printed = output.decode(errors="replace").strip()
    if process.returncode != 0:
        raise Unreachable(f"{Path(arguments[0]).name} failed: {printed}")
    return printed
