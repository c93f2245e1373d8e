"""The file of a data folder that keeps its ports and its password between starts."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

from crossfade.errors import ConfigurationError

_FILE_NAME = "state.json"


@dataclass(frozen=True, slots=True)
class FolderState:
    """The password and the last ports of the engines of a data folder.

    Attributes:
        password: of PostgreSQL's superuser, set when the cluster was created.
        postgres_port: None before the first start.
        aws_port: None before the first start.
        pids: process ids at the last start by server, for people who read the file.
    """

    password: str = field(repr=False)
    postgres_port: int | None = None
    aws_port: int | None = None
    pids: dict[str, int | None] = field(default_factory=dict)


def read_state(folder: Path) -> FolderState | None:
    """Read a folder's state; None if it has no state file.

    Raises:
        ConfigurationError: the file is not a state file of local engines.
    """
    file = folder / _FILE_NAME
    try:
        return msgspec.json.decode(file.read_bytes(), type=FolderState)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        raise ConfigurationError(
            f"{file}: not a state file of local engines; choose another data folder"
        ) from None


def write_state(folder: Path, state: FolderState) -> None:
    """Write a folder's state atomically, readable by its owner only."""
    unfinished = folder / f"{_FILE_NAME}.new"
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(asdict(state)), indent=2))
    unfinished.rename(folder / _FILE_NAME)


def new_state() -> FolderState:
    """Return the state of a new folder: no ports, a random password."""
    return FolderState(password=secrets.token_urlsafe(18))
