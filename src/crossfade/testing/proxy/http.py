"""A reverse proxy for DynamoDB and S3 that injects faults into chosen requests."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace
from typing import NoReturn, assert_never
from urllib.parse import urlsplit

from crossfade.jobs.tasks import cancel_and_wait
from crossfade.testing.proxy.dialects import error_answer, split_batch, with_unprocessed
from crossfade.testing.proxy.faults import (
    After,
    Answer,
    Before,
    CorruptBody,
    Cut,
    Delay,
    Duplicate,
    Hold,
    HttpFault,
    LoseAnswer,
    ServerError,
    Stall,
    Throttle,
    Truncate,
    Unprocessed,
    WrongChecksum,
)
from crossfade.testing.proxy.listener import HOST, Proxy
from crossfade.testing.proxy.messages import (
    Message,
    Request,
    ends_connection,
    read_request,
    request_of,
)
from crossfade.testing.proxy.rules import Arrived, Record, Rule, Rules
from crossfade.testing.proxy.upstream import Upstream

_CHUNK_BYTES_MAX = 65_536


class HttpProxy(Proxy):
    """A proxy of an HTTP endpoint, as an async context manager.

    ``async with HttpProxy("http://127.0.0.1:4566") as proxy`` listens on ``proxy.endpoint``.
    Requests are forwarded byte for byte, ``Host`` included, so signatures stay valid.

    Args:
        endpoint: the server's URL, ``http://host:port``.

    Attributes:
        record: the requests that arrived or were forwarded.

    Raises:
        ValueError: the endpoint has another form.
    """

    def __init__(self, endpoint: str) -> None:
        upstream = urlsplit(endpoint)
        if upstream.scheme != "http" or upstream.hostname is None or upstream.port is None:
            raise ValueError(f"the endpoint must have the form http://host:port, not {endpoint}")
        super().__init__(self._handle)
        self.record = Record()
        self._upstream = (upstream.hostname, upstream.port)
        self._rules = Rules()
        self._repeats: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> str:
        """Return the URL that clients use instead of the server's."""
        return f"http://{HOST}:{self._listener.port}"

    async def close(self) -> None:
        """Break every connection and stop; `async with` calls it.

        Raises:
            Exception: the first error of a connection that is not a network error.
        """
        await cancel_and_wait(*self._repeats)
        await super().close()

    def add(self, *rules: Rule) -> None:
        """Append rules; the first one that applies to a request decides."""
        self._rules.add(*rules)

    def clear(self) -> None:
        """Remove all rules; later requests pass."""
        self._rules.clear()

    async def refuse(self) -> None:
        """Refuse connections, as if no server ran."""
        await self._listener.refuse()

    async def accept(self) -> None:
        """Accept connections again after `refuse`."""
        await self._listener.open()

    def cut(self) -> int:
        """Break every open connection now and return how many there were."""
        return self._listener.cut()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the requests of one client's connection, one after another."""
        upstream = Upstream(self._upstream, self.record)
        try:
            while (message := await read_request(reader, writer)) is not None:
                request = request_of(message)
                fault = self._rules.fault_for(request)
                await self.record.add(Arrived(request, fault))
                answer = await self._answer(upstream, request, fault, reader)
                writer.write(answer.wire)
                await writer.drain()
                if (
                    isinstance(fault, Truncate)
                    or ends_connection(message)
                    or ends_connection(answer)
                ):
                    return
        finally:
            await upstream.close()

    async def _answer(
        self,
        upstream: Upstream,
        request: Request,
        fault: HttpFault | None,
        reader: asyncio.StreamReader,
    ) -> Message:
        """Return the answer for the client.

        Raises:
            ConnectionAbortedError: there is no answer, and the connection must be reset.
        """
        match fault:
            case Answer() | Throttle() | ServerError():
                return error_answer(request, fault)
            case Unprocessed():
                return await _answer_in_part(upstream, request, fault)
            case Cut() | Stall() | Delay() | Hold():
                await _delay_or_drop(fault, reader)
                return await upstream.forward(request)
            case LoseAnswer() | Truncate() | WrongChecksum() | CorruptBody() | Duplicate():
                answer = await upstream.forward(request)
                return await self._distort(answer, request, fault, reader)
            case None:
                return await upstream.forward(request)
            case _:
                assert_never(fault)

    async def _distort(
        self, answer: Message, request: Request, fault: After, reader: asyncio.StreamReader
    ) -> Message:
        match fault:
            case LoseAnswer(cut=True):
                raise ConnectionAbortedError("the answer is lost")
            case LoseAnswer():
                return await _wait_for_end(reader)
            case Truncate(bytes_max):
                return replace(answer, body=answer.body[:bytes_max])
            case WrongChecksum():
                return answer.with_header("x-amz-crc32", str(zlib.crc32(answer.body) ^ 1))
            case CorruptBody():
                return replace(answer, body=_flip_a_bit(answer.body))
            case Duplicate(when):
                self._repeat(request, when)
                return answer
            case _:
                assert_never(fault)

    def _repeat(self, request: Request, when: asyncio.Event | None) -> None:
        task = asyncio.create_task(self._repeat_after(request, when))
        self._repeats.add(task)
        task.add_done_callback(self._repeats.discard)

    async def _repeat_after(self, request: Request, when: asyncio.Event | None) -> None:
        if when is not None:
            await when.wait()
        upstream = Upstream(self._upstream, self.record)
        try:
            await upstream.forward(request)
        finally:
            await upstream.close()


async def _delay_or_drop(fault: Before, reader: asyncio.StreamReader) -> None:
    match fault:
        case Cut():
            raise ConnectionAbortedError("cut")
        case Stall():
            await _wait_for_end(reader)
        case Delay(seconds):
            await asyncio.sleep(seconds)
        case Hold(until):
            await until.wait()
        case _:
            assert_never(fault)


async def _wait_for_end(reader: asyncio.StreamReader) -> NoReturn:
    """Discard input until the client closes the connection.

    Raises:
        ConnectionAbortedError: always.
    """
    while await reader.read(_CHUNK_BYTES_MAX):
        pass
    raise ConnectionAbortedError("the client gave up")


async def _answer_in_part(upstream: Upstream, request: Request, fault: Unprocessed) -> Message:
    shortened, remaining = split_batch(request, fault.processed)
    answer = None
    if shortened is not None:
        answer = await upstream.forward(replace(request, message=shortened))
    return with_unprocessed(request, answer, remaining, fault.code)


def _flip_a_bit(body: bytes) -> bytes:
    middle = len(body) // 2
    return (
        body[:middle] + bytes(byte ^ 1 for byte in body[middle : middle + 1]) + body[middle + 1 :]
    )
