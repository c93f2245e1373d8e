"""A lock that admits one process at a time to a data folder."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from crossfade.errors import ConfigurationError

_POLL_SECONDS = 0.05
_WAIT_SECONDS_MAX = 30.0


@asynccontextmanager
async def locked(
    folder: Path, *, wait_seconds_max: float = _WAIT_SECONDS_MAX
) -> AsyncIterator[None]:
    """Hold the folder's lock during the block; the system releases it if this process dies.

    Raises:
        ConfigurationError: another process held it for `wait_seconds_max`.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + wait_seconds_max
        while not _acquired(descriptor):
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"{folder}: another process runs engines on this folder or is about to; "
                    "choose another folder or wait until it has finished"
                )
            await asyncio.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _acquired(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
