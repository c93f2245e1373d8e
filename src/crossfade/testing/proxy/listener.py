"""A listening socket on the loopback interface that owns its connections."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from crossfade.jobs.tasks import cancel_and_wait

HOST = "127.0.0.1"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """A port that accepts connections or refuses them, and stays reserved in both states.

    Args:
        handler: serves one connection. A network error ends that connection only; any other error
            is raised by `close`.
    """

    def __init__(self, handler: Handler) -> None:
        self.port = 0
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._placeholder: socket.socket | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._errors: list[BaseException] = []

    async def open(self) -> None:
        """Listen: on a free port the first time, later on the same one."""
        self._release()
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, HOST, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Stop listening, so that connection attempts fail; the port stays reserved."""
        if self._server is None:
            return
        await self._shut()
        # A bound socket that does not listen: the kernel refuses connections to it, and cannot
        # assign its port to another socket, such as that of the client that tries to connect.
        self._placeholder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._placeholder.bind((HOST, self.port))

    async def close(self) -> None:
        """Stop listening, break every connection and release the port.

        Raises:
            Exception: the first error of a handler that is not a network error.
        """
        await self._shut()
        self._release()
        if self._errors:
            raise self._errors[0]

    def cut(self) -> int:
        """Reset every open connection (RST) and return their number."""
        writers = list(self._connections.values())
        for writer in writers:
            abort(writer)
        return len(writers)

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        await cancel_and_wait(*self._connections)

    def _release(self) -> None:
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(self._ended)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._handler(reader, writer)
        except (OSError, EOFError):
            abort(writer)
        finally:
            await close(writer)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._connections.pop(task).close()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._errors.append(error)


class Proxy:
    """A proxy that listens while it is entered as an async context manager.

    Args:
        handler: serves one connection.
    """

    def __init__(self, handler: Handler) -> None:
        self._listener = Listener(handler)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Start to listen; `async with` calls it."""
        await self._listener.open()

    async def close(self) -> None:
        """Break every connection and stop; `async with` calls it.

        Raises:
            Exception: the first error of a connection that is not a network error.
        """
        await self._listener.close()


def abort(writer: asyncio.StreamWriter) -> None:
    """Reset a connection (RST) and discard unsent data."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() != -1:
        at_once = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    writer.transport.abort()


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a connection in any state."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
