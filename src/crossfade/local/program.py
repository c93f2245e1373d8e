"""What a server needs to be started: its arguments, its environment, how to ask if it answers."""

from __future__ import annotations

import os
import pwd
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

HOST = "127.0.0.1"
"""Every local engine listens here and nowhere else."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system that a server runs as."""

    uid: int
    gid: int


class Program(Protocol):
    """A server program. Values of this kind hold no process; `Server` runs them."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    @property
    def account(self) -> Account | None:
        """The user to run as; None: the one who runs us."""

    async def prepare(self, folder: Path) -> None:
        """Make the data folder ready; harmless when it already is."""

    def arguments(self, folder: Path, port: int) -> tuple[str, ...]:
        """The command line, the program's absolute path first."""

    def environment(self, folder: Path, port: int) -> dict[str, str]:
        """The whole environment of the process; nothing of ours is inherited."""

    async def answers(self, folder: Path, port: int) -> bool:
        """Whether the server answers its real protocol."""


def unprivileged_account() -> Account | None:
    """The user ``nobody`` when we are root, else None (we are ordinary already)."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def closed_folder(path: Path, account: Account) -> Path | None:
    """The first folder on the way to a path that a user may not enter, if any."""
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
