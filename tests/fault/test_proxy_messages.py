"""How the fault proxy reads HTTP: what no server here sends by itself."""

from __future__ import annotations

import asyncio

import pytest

from crossfade.testing import Answer, Rule, ServerError, Throttle
from crossfade.testing.proxy.messages import Message, read_answer, read_request, request_of
from crossfade.testing.proxy.rules import Rules

CHUNKED = b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nchecksum: 1\r\n\r\n"


def reader_of(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


async def read_requests(data: bytes) -> tuple[list[Message], bytes]:
    """Send bytes over a real connection; return the requests read and what was said meanwhile."""
    requests: list[Message] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (message := await read_request(reader, writer)) is not None:
            requests.append(message)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(data)
    writer.write_eof()
    said = await reader.read()
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
    return requests, said


async def test_a_chunked_request_stays_as_it_came() -> None:
    head = b"PUT /b/k HTTP/1.1\r\nTransfer-Encoding: chunked"
    requests, _ = await read_requests(head + b"\r\n\r\n" + CHUNKED)
    assert [request.wire for request in requests] == [head + b"\r\n\r\n" + CHUNKED]


async def test_requests_on_one_connection_are_separated() -> None:
    one = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
    other = b"GET /b/k HTTP/1.1\r\n\r\n"
    requests, _ = await read_requests(one + other)
    assert [request.wire for request in requests] == [one, other]


async def test_a_client_that_asks_first_may_continue() -> None:
    asking = b"PUT /b/k HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"
    requests, said = await read_requests(asking)
    assert [request.body for request in requests] == [b"x"]
    assert said == b"HTTP/1.1 100 Continue\r\n\r\n"


async def test_a_chunked_answer_is_put_together() -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED
    answer = await read_answer(reader_of(data), "GET")
    assert answer.body == b"hello world"
    assert answer.header("content-length") == "11"
    assert not answer.header("Transfer-Encoding")


async def test_interim_answers_are_skipped() -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx"
    answer = await read_answer(reader_of(data), "PUT")
    assert (answer.status, answer.body) == (201, b"x")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("DELETE", 204), ("GET", 304)])
async def test_answers_without_a_body_end_with_their_head(method: str, status: int) -> None:
    data = b"HTTP/1.1 %d X\r\nContent-Length: 9\r\n\r\n" % status
    assert (await read_answer(reader_of(data), method)).body == b""


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    answer = await read_answer(reader_of(b"HTTP/1.1 200 OK\r\n\r\nhello"), "GET")
    assert (answer.body, answer.header("Content-Length")) == (b"hello", "5")


async def test_an_answer_that_breaks_off_is_no_answer() -> None:
    reader = reader_of(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")
    with pytest.raises(asyncio.IncompleteReadError):
        await read_answer(reader, "GET")


def test_a_header_is_replaced_in_any_case() -> None:
    message = Message(b"HTTP/1.1 200 OK\r\nX-AMZ-CRC32: 1\r\nX-Amz-Crc32: 2", b"")
    assert message.with_header("x-amz-crc32", "3").head == b"HTTP/1.1 200 OK\r\nx-amz-crc32: 3"


def test_the_first_rule_that_applies_decides() -> None:
    request = request_of(Message(b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_1.PutItem", b""))
    book = Rules()
    book.add(
        Rule(ServerError(), operation="GetItem"),
        Rule(Throttle(), operation="Put*", skip=1, times=1),
        Rule(Answer(400, "Last"), method="POST", path="/"),
    )
    last = Answer(400, "Last")
    assert [book.fault_for(request) for _ in range(4)] == [last, Throttle(), last, last]
    book.clear()
    assert book.fault_for(request) is None
