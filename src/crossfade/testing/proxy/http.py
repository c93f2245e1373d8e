"""A reverse proxy for DynamoDB and S3 that lets faults strike chosen requests."""

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
from crossfade.testing.proxy.rules import Arrived, Record, Rule, RuleBook
from crossfade.testing.proxy.upstream import Upstream

_CHUNK_BYTES_MAX = 65_536


class HttpProxy(Proxy):
    """Stands before an HTTP endpoint as an async context manager.

    ``async with HttpProxy("http://127.0.0.1:4566") as proxy`` listens on ``proxy.endpoint``.
    Requests are passed on byte for byte, ``Host`` included, so signatures stay valid.

    Attributes:
        record: what came by.
    """

    def __init__(self, endpoint: str) -> None:
        upstream = urlsplit(endpoint)
        if upstream.scheme != "http" or upstream.hostname is None or upstream.port is None:
            raise ValueError(f"the endpoint must look like http://host:port, not {endpoint}")
        super().__init__(self._converse)
        self.record = Record()
        self._upstream = (upstream.hostname, upstream.port)
        self._rules = RuleBook()
        self._late: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> str:
        """The URL clients use instead of the server's own."""
        return f"http://{HOST}:{self._listener.port}"

    async def close(self) -> None:
        """Break every connection and stop; `async with` does it.

        Raises:
            Exception: a connection met an error other than of the network.
        """
        await cancel_and_wait(*self._late)
        await super().close()

    def add(self, *rules: Rule) -> None:
        """Put rules behind those that stand; the first that applies to a request decides."""
        self._rules.add(*rules)

    def clear(self) -> None:
        """Remove all rules: requests that come from now on pass."""
        self._rules.clear()

    async def refuse(self) -> None:
        """Refuse connections, as when no server runs."""
        await self._listener.refuse()

    async def accept(self) -> None:
        """Take connections again after `refuse`."""
        await self._listener.open()

    def cut(self) -> int:
        """Break every open connection now and return how many there were."""
        return self._listener.cut()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client's connection, request after request."""
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
        """What the client gets to hear.

        Raises:
            ConnectionAbortedError: nothing, and the connection breaks.
        """
        match fault:
            case Answer() | Throttle() | ServerError():
                return error_answer(request, fault)
            case Unprocessed():
                return await _answer_partly(upstream, request, fault)
            case Cut() | Stall() | Delay() | Hold():
                await _hinder(fault, reader)
                return await upstream.forward(request)
            case LoseAnswer() | Truncate() | WrongChecksum() | CorruptBody() | Duplicate():
                answer = await upstream.forward(request)
                return await self._spoil(answer, request, fault, reader)
            case None:
                return await upstream.forward(request)
            case _:
                assert_never(fault)

    async def _spoil(
        self, answer: Message, request: Request, fault: After, reader: asyncio.StreamReader
    ) -> Message:
        match fault:
            case LoseAnswer(cut=True):
                raise ConnectionAbortedError("the answer is lost")
            case LoseAnswer():
                return await _keep_silent(reader)
            case Truncate(bytes_max):
                return replace(answer, body=answer.body[:bytes_max])
            case WrongChecksum():
                return answer.with_header("x-amz-crc32", str(zlib.crc32(answer.body) ^ 1))
            case CorruptBody():
                return replace(answer, body=_flip_a_bit(answer.body))
            case Duplicate(when):
                self._deliver_again(request, when)
                return answer
            case _:
                assert_never(fault)

    def _deliver_again(self, request: Request, when: asyncio.Event | None) -> None:
        task = asyncio.create_task(self._deliver_later(request, when))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _deliver_later(self, request: Request, when: asyncio.Event | None) -> None:
        if when is not None:
            await when.wait()
        upstream = Upstream(self._upstream, self.record)
        try:
            await upstream.forward(request)
        finally:
            await upstream.close()


async def _hinder(fault: Before, reader: asyncio.StreamReader) -> None:
    match fault:
        case Cut():
            raise ConnectionAbortedError("cut")
        case Stall():
            await _keep_silent(reader)
        case Delay(seconds):
            await asyncio.sleep(seconds)
        case Hold(until):
            await until.wait()
        case _:
            assert_never(fault)


async def _keep_silent(reader: asyncio.StreamReader) -> NoReturn:
    """Answer nothing until the client gives up."""
    while await reader.read(_CHUNK_BYTES_MAX):
        pass
    raise ConnectionAbortedError("the client gave up")


async def _answer_partly(upstream: Upstream, request: Request, fault: Unprocessed) -> Message:
    shortened, left = split_batch(request, fault.processed)
    answer = None
    if shortened is not None:
        answer = await upstream.forward(replace(request, message=shortened))
    return with_unprocessed(request, answer, left, fault.code)


def _flip_a_bit(body: bytes) -> bytes:
    middle = len(body) // 2
    return (
        body[:middle] + bytes(byte ^ 1 for byte in body[middle : middle + 1]) + body[middle + 1 :]
    )
