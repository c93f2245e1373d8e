"""Servers with other manners: how an answer is framed, and what is no answer at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from crossfade.dynamo import Client, Config
from crossfade.errors import CorruptResponse, Interrupted, Unreachable
from crossfade.testing.proxy.listener import Listener

JSON = b'{"Item":{"pk":{"S":"p"}}}'
SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n" + JSON
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"a\r\n" + JSON[:10] + b"\r\nf\r\n" + JSON[10:] + b"\r\n0\r\n\r\n"
)
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n" + JSON
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 25\r\n\r\n" + JSON
REQUEST = {"TableName": "t", "Key": {"pk": {"S": "p"}}}


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both event loops."""
    return ("asyncio", {"use_uvloop": request.param})


class Peer:
    """Answers each request with prepared bytes, and may close after those from a number on.

    Attributes:
        connections: how many were opened.
        requests: how many came.
    """

    def __init__(self, answers: Sequence[bytes], *, closes_from: int | None = None) -> None:
        self.connections = 0
        self.requests = 0
        self.listener = Listener(self._serve)
        self._answers = answers
        self._closes_from = closes_from

    @asynccontextmanager
    async def open(self, **limits: Any) -> AsyncIterator[Client]:
        """Serve; yields a client of this peer."""
        await self.listener.open()
        config = Config(
            "eu-central-1",
            endpoint=f"http://127.0.0.1:{self.listener.port}",
            access_key="AK",
            secret_key="SK",
            attempts_max=1,
            **limits,
        )
        async with Client(config) as client:
            yield client
        await self.listener.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            answer = self._answers[self.requests % len(self._answers)]
            self.requests += 1
            writer.write(answer)
            await writer.drain()
            if self._closes_from is not None and self.requests >= self._closes_from:
                return


async def _silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del reader, writer
    await asyncio.Event().wait()


async def get(client: Client) -> bool:
    answer = await client.call("GetItem", REQUEST)
    return answer == {"Item": {"pk": {"S": "p"}}}


async def test_every_framing_is_read_over_one_connection() -> None:
    peer = Peer([SIZED, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + SIZED])
    async with peer.open() as client:
        assert [await get(client) for _ in range(6)] == [True] * 6
    assert peer.connections == 1


async def test_a_body_may_end_with_the_connection() -> None:
    peer = Peer([UNTIL_CLOSE], closes_from=1)
    async with peer.open() as client:
        assert [await get(client) for _ in range(3)] == [True] * 3
    assert peer.connections == 3


async def test_a_connection_announced_to_close_is_not_used_again() -> None:
    peer = Peer([CLOSING])
    async with peer.open() as client:
        assert [await get(client) for _ in range(3)] == [True] * 3
    assert (peer.connections, peer.requests) == (3, 3)


async def test_a_server_that_closes_unannounced_fails_no_call() -> None:
    """Each answer is the last one of its connection, and none says so."""
    peer = Peer([SIZED], closes_from=1)
    async with peer.open() as client:
        assert [await get(client) for _ in range(20)] == [True] * 20
    assert peer.connections == 20


async def test_unrequested_bytes_end_the_connection() -> None:
    peer = Peer([SIZED + SIZED, SIZED])
    async with peer.open() as client:
        assert [await get(client) for _ in range(3)] == [True] * 3
    assert peer.connections >= 2


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"]
)
async def test_what_is_not_http_is_corrupt_and_ends_the_connection(answer: bytes) -> None:
    peer = Peer([answer])
    async with peer.open() as client:
        with pytest.raises(CorruptResponse):
            await get(client)
        with pytest.raises(CorruptResponse):
            await get(client)
    assert peer.connections == 2


async def test_an_answer_that_breaks_off_is_interrupted() -> None:
    async with Peer([SIZED[:-3]], closes_from=1).open() as client:
        with pytest.raises(Interrupted):
            await get(client)


async def test_an_answer_that_breaks_off_counts_as_an_attempt_on_a_used_connection_too() -> None:
    """Only a connection closed before any byte of the answer is replaced for nothing."""
    peer = Peer([SIZED, SIZED[:-3]], closes_from=2)
    async with peer.open() as client:
        assert await get(client)
        with pytest.raises(Interrupted):
            await get(client)
    assert peer.requests == 2


async def test_an_answer_larger_than_the_limit_is_corrupt() -> None:
    huge = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"4000000\r\n" + b"x" * 100
    endless = b"HTTP/1.1 200 OK\r\n" + b"x" * 70_000
    for answer in (huge.replace(b"4000000", b"400000000"), endless):
        async with Peer([answer]).open() as client:
            with pytest.raises(CorruptResponse):
                await get(client)


async def test_a_closed_port_is_unreachable_and_names_no_key() -> None:
    peer = Peer([SIZED])
    async with peer.open() as client:
        pass
    async with Client(client.config) as late:
        with pytest.raises(Unreachable, match=f"127.0.0.1:{peer.listener.port}"):
            await get(late)


async def test_a_handshake_that_never_ends_is_given_up() -> None:
    """A server that accepts connections and says nothing: they hang in TLS."""
    silent = Listener(_silence)
    await silent.open()
    config = Config(
        "eu-central-1",
        endpoint=f"https://127.0.0.1:{silent.port}",
        access_key="AK",
        secret_key="SK",
        attempts_max=1,
        connect_timeout_seconds=0.2,
    )
    async with Client(config) as client:
        with pytest.raises(Unreachable, match=r"within 0\.2 s"):
            await get(client)
        assert client.connections_open == 0
    await silent.close()


async def test_many_calls_share_few_connections() -> None:
    peer = Peer([SIZED])
    async with peer.open(connections_max=4) as client:
        assert all(await asyncio.gather(*(get(client) for _ in range(500))))
        assert client.connections_open == 4
    assert (peer.connections, peer.requests) == (4, 500)


async def test_cancelled_waiters_leave_no_gap() -> None:
    """A call that is cancelled while it waits for a connection passes its turn on."""
    peer = Peer([SIZED])
    async with peer.open(connections_max=1) as client:
        calls = [asyncio.create_task(get(client)) for _ in range(50)]
        await asyncio.sleep(0)
        for call in calls[::2]:
            call.cancel()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert outcomes[1::2] == [True] * 25
        assert await get(client)
        assert client.connections_open == 1
