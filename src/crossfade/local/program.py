"""The interface of a server program: command line, environment, check that it answers."""

from __future__ import annotations

import os
import pwd
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

HOST = "127.0.0.1"
"""The only address that local engines listen on."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system that a server runs as."""

    uid: int
    gid: int


class Program(Protocol):
    """A server program, without a process; `Server` runs it.

    Attributes:
        name: for messages and `crossfade local status`.
        stop_signal: the signal for an orderly stop.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    @property
    def account(self) -> Account | None:
        """Return the user to run as; None: the user of this process."""

    async def prepare(self, folder: Path) -> None:
        """Prepare the data folder; repeating this is harmless."""

    def arguments(self, folder: Path, port: int) -> tuple[str, ...]:
        """Return the command line, which begins with the program's absolute path."""

    def environment(self, folder: Path, port: int) -> dict[str, str]:
        """Return the complete environment of the process; it inherits nothing."""

    async def answers(self, folder: Path, port: int) -> bool:
        """Return whether the server answers a request in its own protocol."""


def unprivileged_account() -> Account | None:
    """Return the user ``nobody`` if this process runs as root, else None."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def closed_folder(path: Path, account: Account) -> Path | None:
    """Return the topmost parent folder of a path that a user may not enter, if any."""
    for folder in reversed(path.resolve().parents):
        entry = folder.stat()
        if entry.st_uid == account.uid:
            allowed = entry.st_mode & 0o100
        elif entry.st_gid == account.gid:
            allowed = entry.st_mode & 0o010
        else:
            allowed = entry.st_mode & 0o001
        if not allowed:
            return folder
    return None
