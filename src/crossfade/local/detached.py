"""Engines that outlive this process: `crossfade local up`, `status` and `down`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from crossfade.local.lock import locked
from crossfade.local.server import Lifetime, Start, State
from crossfade.local.services import EngineStatus, LocalServices, local_services, make_folder
from crossfade.local.state_file import new_state, read_state


@dataclass(frozen=True, slots=True)
class Up:
    """The engines that run after `up`.

    Attributes:
        started: how each engine was started, by its name.
        engines: the status of each engine.
        environment: the environment variables that a program needs to connect to the engines.
    """

    started: dict[str, Start]
    engines: tuple[EngineStatus, ...]
    environment: dict[str, str]


def default_folder() -> Path:
    """Return the default data folder of the local engines.

    Root gets a folder outside its home, which the user that PostgreSQL runs as may not enter.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/crossfade")
    return Path.home() / ".local" / "share" / "crossfade"


async def up(folder: Path) -> Up:
    """Start the engines of a data folder that are not running; they outlive this process.

    Raises:
        ConfigurationError: the folder cannot be used, or is in use.
        Unreachable: an engine did not start; the message ends with its log.
    """
    async with local_services(folder, lifetime=Lifetime.DETACHED) as services:
        return Up(services.started, services.status, services.environment)


def status(folder: Path) -> tuple[EngineStatus, ...]:
    """Return the status of each engine of a data folder, without changing anything."""
    return _services_of(folder).status


def environment(folder: Path) -> dict[str, str] | None:
    """Return the environment variables to connect to a folder's engines; None unless all run."""
    services = _services_of(folder)
    running = all(server.state is State.RUNNING for server in services.servers.values())
    return services.environment if running else None


async def down(folder: Path) -> tuple[EngineStatus, ...]:
    """Stop the engines of a data folder and return their status before; the data stays.

    Raises:
        ConfigurationError: another process runs engines on this folder.
    """
    make_folder(folder)
    async with locked(folder):
        services = _services_of(folder)
        found = services.status
        await services.stop()
        return found


def _services_of(folder: Path) -> LocalServices:
    return LocalServices(folder, read_state(folder) or new_state(), Lifetime.DETACHED)
