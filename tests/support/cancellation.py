"""A call that swallows a cancellation, as asyncio.wait_for may on Python 3.11."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any


class SwallowsCancel:
    """An object with one method that waits for a cancellation, swallows it and then does its work.

    Args:
        inner: the object with the real methods.
        name: the name of the method that swallows the first cancellation.

    Attributes:
        waits: set once the method waits for its cancellation.
    """

    def __init__(self, inner: Any, name: str) -> None:
        self._inner = inner
        self._name = name
        self.waits = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return self._call if name == self._name else getattr(self._inner, name)

    async def _call(self, *arguments: Any) -> Any:
        if not self.waits.is_set():
            self.waits.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return await getattr(self._inner, self._name)(*arguments)
