"""Engines that stay: what `crossfade local up`, `status` and `down` do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from crossfade.local.lock import locked
from crossfade.local.memory import first_memory, recall
from crossfade.local.server import Lifetime, Start, State
from crossfade.local.stack import EngineStatus, LocalServices, local_stack, make_folder


@dataclass(frozen=True, slots=True)
class Up:
    """What runs after `up`.

    Attributes:
        started: what was done with each engine.
        environment: the variables that lead a program to the engines.
    """

    started: dict[str, Start]
    engines: tuple[EngineStatus, ...]
    environment: dict[str, str]


def default_folder() -> Path:
    """Where the local engines keep their data unless told otherwise.

    Root's home is closed to the user that PostgreSQL runs as, hence another place for root.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/crossfade")
    return Path.home() / ".local" / "share" / "crossfade"


async def up(folder: Path) -> Up:
    """Start what does not run on a data folder, to stay after this process.

    Raises:
        ConfigurationError: the folder cannot be used, or is in use.
        Unreachable: an engine did not come up; the message ends with its log.
    """
    async with local_stack(folder, lifetime=Lifetime.DETACHED) as stack:
        return Up(stack.started, stack.status, stack.environment)


def status(folder: Path) -> tuple[EngineStatus, ...]:
    """What runs on a data folder; changes nothing."""
    return _stack(folder).status


def environment(folder: Path) -> dict[str, str] | None:
    """The variables that lead a program to the engines of a folder; None unless all run."""
    stack = _stack(folder)
    running = all(server.state is State.RUNNING for server in stack.servers.values())
    return stack.environment if running else None


async def down(folder: Path) -> tuple[EngineStatus, ...]:
    """Stop what runs on a data folder and say what was found; the data stays.

    Raises:
        ConfigurationError: another process runs engines on this folder for itself.
    """
    make_folder(folder)
    async with locked(folder):
        stack = _stack(folder)
        found = stack.status
        await stack.stop()
        return found


def _stack(folder: Path) -> LocalServices:
    return LocalServices(folder, recall(folder) or first_memory(), Lifetime.DETACHED)
