"""Ports that end the process at a named step, or let something happen right after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from crossfade.errors import CrossfadeError


class Killed(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Deadly:
    """A port that ends the process before or after one of its methods."""

    port: Any
    method: str
    after: bool

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.port, name)
        return deadly(real, after=self.after) if name == self.method else real


def deadly(real: Any, *, after: bool) -> Any:
    """Return a call that ends the process before or after the real one."""

    async def killed(*arguments: Any, **named: Any) -> Any:
        if after:
            with suppress(CrossfadeError):
                await real(*arguments, **named)
        raise Killed

    return killed


@dataclass(frozen=True)
class Interrupted:
    """A port after one of whose methods something else happens."""

    port: Any
    method: str
    event: Callable[[], Awaitable[None]]

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.port, name)
        return interrupted(real, self.event) if name == self.method else real


def interrupted(real: Any, event: Callable[[], Awaitable[None]]) -> Any:
    """Return a call after which something else happens before it returns."""

    async def call(*arguments: Any, **named: Any) -> Any:
        answer = await real(*arguments, **named)
        await event()
        return answer

    return call
