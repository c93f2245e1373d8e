"""What a data folder remembers between starts: its ports and its password."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

from crossfade.errors import ConfigurationError

_FILE_NAME = "state.json"


@dataclass(frozen=True, slots=True)
class Memory:
    """Ports of the last start, and the password PostgreSQL was made with.

    Attributes:
        pids: process ids at the last start, for people who look into the file.
    """

    password: str = field(repr=False)
    postgres_port: int | None = None
    aws_port: int | None = None
    pids: dict[str, int | None] = field(default_factory=dict)


def recall(folder: Path) -> Memory | None:
    """Read a folder's memory; None when it has none.

    Raises:
        ConfigurationError: the file is not one of ours.
    """
    file = folder / _FILE_NAME
    try:
        return msgspec.json.decode(file.read_bytes(), type=Memory)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        raise ConfigurationError(
            f"{file}: not a state file of local engines; choose another data folder"
        ) from None


def remember(folder: Path, memory: Memory) -> None:
    """Write a folder's memory, readable by its owner only; whole or not at all."""
    unfinished = folder / f"{_FILE_NAME}.new"
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(asdict(memory)), indent=2))
    unfinished.rename(folder / _FILE_NAME)


def first_memory() -> Memory:
    """The memory of a new folder: no ports yet, a password of its own."""
    return Memory(password=secrets.token_urlsafe(18))
