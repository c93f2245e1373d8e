"""The response parser: every framing, in any pieces, and nothing that is not HTTP."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.dynamo.http.http1 import BODY_BYTES_MAX, HEAD_BYTES_MAX, Malformed, ResponseParser
from crossfade.dynamo.request import Response

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Amz-Crc32: 7\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nhe\r\n3;note=x\r\nllo\r\n0\r\nTrailer: t\r\n\r\n"
)
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n" + SIZED


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    return [piece for piece in pieces if piece]


def fed(parser: ResponseParser, pieces: list[bytes]) -> list[Response]:
    answers = (parser.feed(piece) for piece in pieces)
    return [answer for answer in answers if answer is not None]


@given(
    data=st.sampled_from([SIZED, CHUNKED, INTERIM]),
    cuts=st.lists(st.integers(1, 60), max_size=8),
)
def test_pieces_of_any_size_make_the_same_response(data: bytes, cuts: list[int]) -> None:
    parser = ResponseParser()
    (response,) = fed(parser, in_pieces(data, cuts))
    assert (response.status, response.body) == (200, b"hello")
    assert parser.keep_alive
    assert not parser.started


def test_one_connection_carries_many_responses() -> None:
    parser = ResponseParser()
    bodies = [fed(parser, [data])[0].body for data in (SIZED, CHUNKED, SIZED)]
    assert bodies == [b"hello"] * 3


def test_headers_are_found_in_any_case() -> None:
    (response,) = fed(ResponseParser(), [SIZED])
    assert response.headers["x-amz-crc32"] == "7"
    assert response.headers.get("x-amzn-requestid") is None
    assert dict(response.headers) == {"content-length": "5", "x-amz-crc32": "7"}
    assert len(response.headers) == 2


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCONNECTION: Close",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5",
    ],
)
def test_a_connection_that_will_close_is_not_kept(head: bytes) -> None:
    parser = ResponseParser()
    assert fed(parser, [head + b"\r\n\r\nhello"])[0].body == b"hello"
    assert not parser.keep_alive


def test_an_old_server_may_keep_the_connection() -> None:
    parser = ResponseParser()
    fed(parser, [b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"])
    assert parser.keep_alive


def test_a_body_without_length_ends_with_the_connection() -> None:
    parser = ResponseParser()
    assert fed(parser, [b"HTTP/1.1 500 Oops\r\n\r\nhel", b"lo"]) == []
    response = parser.end()
    assert response is not None
    assert (response.status, response.body) == (500, b"hello")
    assert not parser.keep_alive


@pytest.mark.parametrize("data", [SIZED, CHUNKED])
def test_an_end_before_the_body_is_complete_is_no_response(data: bytes) -> None:
    parser = ResponseParser()
    assert fed(parser, [data[:-1]]) == []
    assert parser.end() is None


def test_no_content_has_no_body() -> None:
    assert fed(ResponseParser(), [b"HTTP/1.1 204 No Content\r\n\r\n"])[0].body == b""


@pytest.mark.parametrize("data", [SIZED, CHUNKED])
def test_bytes_behind_a_response_end_the_connection(data: bytes) -> None:
    parser = ResponseParser()
    assert fed(parser, [data + b"H"])[0].body == b"hello"
    assert not parser.keep_alive


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 20\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5000,
        b"HTTP/1.1 200 OK\r\n" + b"a" * HEAD_BYTES_MAX,
    ],
)
def test_what_is_not_http_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        ResponseParser().feed(data)


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(1, 100), max_size=4))
def test_any_bytes_are_a_response_incomplete_or_malformed(data: bytes, cuts: list[int]) -> None:
    parser = ResponseParser()
    try:
        fed(parser, in_pieces(b"HTTP/1.1 200 OK\r\n" + data, cuts))
    except Malformed:
        return
    parser.end()
