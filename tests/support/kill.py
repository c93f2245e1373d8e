"""Commands as processes, and ports that end a process at a step or act right after it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from crossfade.errors import CrossfadeError
from support.commands import engine_variables
from support.engines.product import RunningProduct
from support.kill_command import Rewired

KILL_COMMAND = str(Path(__file__).with_name("kill_command.py"))


def environment(product: RunningProduct, **more: str) -> dict[str, str]:
    """Return the environment with which a process finds the product's engines."""
    direct = {"DATABASE_URL": product.direct.dsn, "CROSSFADE_LOG_FORMAT": "json"}
    return {**os.environ, **engine_variables(product.settings, **direct, **more)}


async def start(
    product: RunningProduct,
    *command: str,
    stdout: int = asyncio.subprocess.DEVNULL,
    stderr: int | None = None,
    variables: Mapping[str, str] | None = None,
) -> asyncio.subprocess.Process:
    """Start one of our commands as a separate process, with more variables if given."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crossfade.cli", *command),
        env=environment(product, **(variables or {})),
        stdout=stdout,
        stderr=stderr,
    )


async def start_doomed(
    product: RunningProduct, opener: tuple[str, str], step: str, moment: str, *command: str
) -> asyncio.subprocess.Process:
    """Start a command that kills itself before or after a step; see `kill_command`."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, KILL_COMMAND, *opener, step, moment, *command),
        env=environment(product),
    )


class Killed(BaseException):
    """The end of the process."""


def deadly_port(port: Any, method: str, *, after: bool) -> Any:
    """Return a port that ends the process before or after one of its methods."""
    return Rewired(port, method, partial(deadly, after=after))


def deadly(real: Any, *, after: bool) -> Any:
    """Return a call that ends the process before or after the real one."""

    async def killed(*arguments: Any, **named: Any) -> Any:
        if after:
            with suppress(CrossfadeError):
                await real(*arguments, **named)
        raise Killed

    return killed


def interrupted_port(port: Any, method: str, event: Callable[[], Awaitable[None]]) -> Any:
    """Return a port that awaits an event after one of its methods."""
    return Rewired(port, method, partial(interrupted, event=event))


def interrupted(real: Any, event: Callable[[], Awaitable[None]]) -> Any:
    """Return a call that awaits an event before it returns."""

    async def call(*arguments: Any, **named: Any) -> Any:
        answer = await real(*arguments, **named)
        await event()
        return answer

    return call
