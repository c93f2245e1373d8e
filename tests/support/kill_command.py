"""Runs one of our commands in this process, and kills the process at a step of its flow.

Usage: python kill_command.py MODULE OPENER PORT.METHOD before|after ARGUMENT...

MODULE.OPENER opens the route of the command, as the command does; PORT.METHOD is the step, or
PORT if that is a function.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from crossfade.cli.main import app


@dataclass(frozen=True)
class Rewired:
    """A port with another call, made of the real one, in place of one of its methods."""

    port: Any
    method: str
    wire: Callable[[Any], Any]

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.port, name)
        return self.wire(real) if name == self.method else real


def fatal(real: Callable[..., Awaitable[Any]], *, after: bool) -> Callable[..., Awaitable[Any]]:
    """Return a call that kills the process before or after the real one."""

    async def killed(*arguments: Any, **named: Any) -> Any:
        if after:
            await real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return killed


def arm(module_name: str, opener: str, step: str, *, after: bool) -> None:
    """Make the command open a route with a step that kills."""
    module = importlib.import_module(module_name)
    real_opener = getattr(module, opener)
    port, _, method = step.partition(".")

    @asynccontextmanager
    async def armed(*arguments: Any, **named: Any) -> AsyncIterator[Any]:
        async with real_opener(*arguments, **named) as route:
            real = getattr(route, port)
            kill = partial(fatal, after=after)
            fatality = Rewired(real, method, kill) if method else kill(real)
            yield replace(route, **{port: fatality})

    setattr(module, opener, armed)


if __name__ == "__main__":
    module_name, opener, step, moment, *command = sys.argv[1:]
    arm(module_name, opener, step, after=moment == "after")
    app(command)
