"""A TCP proxy that injects faults, for any protocol."""

from __future__ import annotations

import asyncio

from crossfade.jobs.tasks import cancel_and_wait
from crossfade.testing.proxy.faults import Cut, Delay, Refuse, Stall, TcpFault, Truncate
from crossfade.testing.proxy.listener import HOST, Proxy, abort, close

_CHUNK_BYTES_MAX = 65_536


class TcpProxy(Proxy):
    """A proxy of a TCP server, as an async context manager.

    ``async with TcpProxy(host, port) as proxy`` listens on ``proxy.host``, ``proxy.port``. Faults
    can change while it runs and affect open connections too; `Refuse` breaks them.

    Args:
        host: the server's host.
        port: the server's port.

    Attributes:
        accepted: the number of connections accepted so far.
        sent_bytes: the bytes sent to the server.
        received_bytes: the bytes sent back to clients.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(self._handle)
        self.host = HOST
        self.accepted = 0
        self.sent_bytes = 0
        self.received_bytes = 0
        self._upstream = (host, port)
        self._fault: TcpFault | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()

    @property
    def port(self) -> int:
        """Return the port that clients connect to."""
        return self._listener.port

    async def inject(self, fault: TcpFault) -> None:
        """Inject this fault from now on, instead of any other."""
        self._fault = fault
        if isinstance(fault, Stall):
            self._flowing.clear()
        else:
            self._flowing.set()
        if isinstance(fault, Refuse):
            await self._listener.refuse()
        else:
            await self._listener.open()

    async def heal(self) -> None:
        """End the fault; stalled connections continue."""
        self._fault = None
        self._flowing.set()
        await self._listener.open()

    def cut(self) -> int:
        """Reset every open connection and return their number; new ones pass."""
        return self._listener.cut()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if isinstance(self._fault, Cut):
            abort(writer)
            return
        await self._flowing.wait()
        server_reader, server_writer = await asyncio.open_connection(*self._upstream)
        pumps = [
            asyncio.create_task(self._pump(reader, server_writer, answers=False)),
            asyncio.create_task(self._pump(server_reader, writer, answers=True)),
        ]
        try:
            await asyncio.gather(*pumps)
        finally:
            await cancel_and_wait(*pumps)
            await close(server_writer)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        passed = 0
        while chunk := await source.read(_CHUNK_BYTES_MAX):
            forwarded = await self._pass(chunk, passed, answers=answers)
            sink.write(forwarded)
            await sink.drain()
            passed += len(forwarded)
            self._count(len(forwarded), answers=answers)
            if len(forwarded) < len(chunk):
                break
        sink.close()

    async def _pass(self, chunk: bytes, passed: int, *, answers: bool) -> bytes:
        """Return the part of a chunk to forward, after `passed` earlier bytes in this direction."""
        await self._flowing.wait()
        match self._fault:
            case Cut():
                raise ConnectionAbortedError("cut")
            case Delay(seconds) if answers:
                await asyncio.sleep(seconds)
            case Truncate(bytes_max) if answers:
                return chunk[: max(0, bytes_max - passed)]
            case _:
                pass
        return chunk

    def _count(self, number: int, *, answers: bool) -> None:
        if answers:
            self.received_bytes += number
        else:
            self.sent_bytes += number
