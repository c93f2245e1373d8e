"""An incremental parser of HTTP/1.1 responses. Pure.

Source: RFC 9112, sections 2, 6, 7.1 and 9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus

from crossfade.dynamo.request import Response

HEAD_BYTES_MAX = 65_536
BODY_BYTES_MAX = 64 * 1024 * 1024
CHUNK_LINE_BYTES_MAX = 4_096
CHUNK_SIZE_DIGITS_MAX = 8
LENGTH_DIGITS_MAX = 20
FINAL_STATUS_MIN = 200
STATUS_LINE_STARTS = frozenset({b"HTTP/1.1 ", b"HTTP/1.0 "})
# The headers that decide where a body and a connection end, as in a lower-case head.
CONNECTION = b"\r\nconnection:"
CONTENT_LENGTH = b"\r\ncontent-length:"
TRANSFER_ENCODING = b"\r\ntransfer-encoding:"
# The status line of nearly every response.
SUCCESS_LINE = b"HTTP/1.1 200 "
SUCCESS = 200
NO_BODY_STATUSES = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


class Malformed(ValueError):
    """The bytes are not a valid HTTP/1.1 response."""


# The states of the parser: it expects a head, or a body that ends after a known number of bytes,
# after its last chunk, or with the connection. Integers, because each use of an Enum member costs a
# lookup.
_HEAD, _SIZED, _CHUNKED, _UNTIL_CLOSE = range(4)


class ResponseParser:
    """Parses the responses of one connection, one after another, from pieces of any size.

    Attributes:
        keep_alive: whether the connection may carry another request after the last response.
        started: whether a byte of the current response was received.
    """

    __slots__ = (
        "_buffer",
        "_chunks",
        "_headers",
        "_length",
        "_state",
        "_status",
        "keep_alive",
        "started",
    )

    def __init__(self) -> None:
        self.keep_alive = True
        self.started = False
        self._buffer = bytearray()
        self._chunks = bytearray()
        self._state = _HEAD
        self._status = 0
        self._headers = Headers(b"\r\n")
        self._length = 0

    def feed(self, data: bytes) -> Response | None:
        """Parse bytes; return the response once it is complete, else None.

        Raises:
            Malformed: the bytes are not a valid HTTP/1.1 response, or exceed a limit.
        """
        self.started = True
        if self._state is _HEAD and not self._buffer:
            return self._feed_head(data)
        self._buffer += data
        if self._state is _HEAD:
            data = bytes(self._buffer)
            self._buffer.clear()
            return self._feed_head(data)
        return self._feed_body()

    def end(self) -> Response | None:
        """Return the response that ends with the stream, if any. Call it at the stream's end."""
        self.keep_alive = False
        if self._state is _UNTIL_CLOSE:
            return self._complete(bytes(self._buffer))
        return None

    def _feed_head(self, data: bytes) -> Response | None:
        end = data.find(b"\r\n\r\n")
        if end < 0 or end > HEAD_BYTES_MAX:
            if len(data) > HEAD_BYTES_MAX:
                raise Malformed(f"the head has more than {HEAD_BYTES_MAX} bytes")
            self._buffer += data
            return None
        rest = data[end + 4 :]
        self._status = SUCCESS if data.startswith(SUCCESS_LINE) else parse_status(data)
        if self._status < FINAL_STATUS_MIN:
            return self._feed_head(rest)
        self._headers = Headers(data[: end + 2])
        self._begin_body(self._headers.folded)
        if self._state is _SIZED and len(rest) == self._length:
            return self._complete(rest)
        self._buffer += rest
        return self._feed_body()

    def _begin_body(self, folded: bytes) -> None:
        connection = _only(folded, CONNECTION)
        if connection is None:
            self.keep_alive = folded.startswith(b"http/1.1")
        else:
            self.keep_alive = b"close" not in connection and (
                folded.startswith(b"http/1.1") or b"keep-alive" in connection
            )
        coding = _only(folded, TRANSFER_ENCODING)
        length = _only(folded, CONTENT_LENGTH)
        if coding is not None:
            if coding != b"chunked" or length is not None:
                raise Malformed("the body's framing is ambiguous or has an unknown transfer coding")
            self._state = _CHUNKED
        elif length is not None:
            self._state = _SIZED
            self._length = _body_length(length)
        elif self._status in NO_BODY_STATUSES:
            self._state = _SIZED
            self._length = 0
        else:
            self._state = _UNTIL_CLOSE
            self.keep_alive = False

    def _feed_body(self) -> Response | None:
        if len(self._buffer) + len(self._chunks) > BODY_BYTES_MAX:
            raise Malformed(f"the body has more than {BODY_BYTES_MAX} bytes")
        if self._state is _SIZED:
            return self._feed_sized()
        if self._state is _CHUNKED:
            return self._feed_chunked()
        return None

    def _feed_sized(self) -> Response | None:
        if len(self._buffer) < self._length:
            return None
        if len(self._buffer) > self._length:
            self.keep_alive = False
        return self._complete(bytes(memoryview(self._buffer)[: self._length]))

    def _feed_chunked(self) -> Response | None:
        while (line_end := self._buffer.find(b"\r\n")) >= 0:
            size = _chunk_size(self._buffer[:line_end])
            if size == 0:
                return self._feed_trailer(line_end + 2)
            end = line_end + 2 + size
            if len(self._buffer) < end + 2:
                return None
            if self._buffer[end : end + 2] != b"\r\n":
                raise Malformed("a chunk does not end after its size")
            self._chunks += self._buffer[line_end + 2 : end]
            del self._buffer[: end + 2]
        if len(self._buffer) > CHUNK_LINE_BYTES_MAX:
            raise Malformed("a chunk has no size")
        return None

    def _feed_trailer(self, position: int) -> Response | None:
        if self._buffer[position : position + 2] == b"\r\n":
            end = position + 2
        else:
            found = self._buffer.find(b"\r\n\r\n", position)
            if found < 0:
                if len(self._buffer) > HEAD_BYTES_MAX:
                    raise Malformed(f"the trailer has more than {HEAD_BYTES_MAX} bytes")
                return None
            end = found + 4
        if end < len(self._buffer):
            self.keep_alive = False
        body, self._chunks = bytes(self._chunks), bytearray()
        return self._complete(body)

    def _complete(self, body: bytes) -> Response:
        response = Response(self._status, self._headers, body)
        self._state = _HEAD
        self.started = False
        if self._buffer:
            self._buffer = bytearray()
        return response


class Headers(Mapping[str, str]):
    """A response's headers, searched on demand, because a client reads one or two of them.

    Args:
        head: the head without its last, empty line.

    Attributes:
        folded: the head in lower case, with a line break before and after each header.
    """

    __slots__ = ("_head", "folded")

    def __init__(self, head: bytes) -> None:
        self._head = head
        self.folded = head.lower()

    def __getitem__(self, name: str) -> str:
        mark = _mark(name)
        start = self.folded.find(mark)
        if start < 0:
            raise KeyError(name)
        start += len(mark)
        return self._head[start : self._head.index(b"\r\n", start)].strip().decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        for line in self.folded.split(b"\r\n")[1:-1]:
            yield line.partition(b":")[0].decode("latin-1")

    def __len__(self) -> int:
        return self.folded.count(b"\r\n") - 1


@cache
def _mark(name: str) -> bytes:
    """Return the bytes that precede a header's value in a lower-case head."""
    return b"\r\n" + name.lower().encode("latin-1") + b":"


def _only(folded: bytes, mark: bytes) -> bytes | None:
    """Return the value of a header, None without it.

    Raises:
        Malformed: the header is repeated.
    """
    start = folded.find(mark)
    if start < 0:
        return None
    start += len(mark)
    if folded.find(mark, start) >= 0:
        raise Malformed("a header that frames the body is repeated")
    return folded[start : folded.index(b"\r\n", start)].strip()


def parse_status(head: bytes) -> int:
    """Return the status code of ``HTTP/1.x NNN``.

    Raises:
        Malformed: the status line is invalid.
    """
    code = head[9:12]
    if head[:9] not in STATUS_LINE_STARTS or not code.isdigit() or len(code) != len(b"NNN"):
        raise Malformed("the status line is not valid HTTP/1.x")
    return int(code)


def _chunk_size(line: bytearray) -> int:
    digits = line.split(b";", 1)[0].strip(b" \t").decode("latin-1")
    if not digits or len(digits) > CHUNK_SIZE_DIGITS_MAX or not set(digits) <= HEX_DIGITS:
        raise Malformed("a chunk's size is not hexadecimal")
    return int(digits, 16)


def _body_length(text: bytes) -> int:
    if text.isdigit() and len(text) <= LENGTH_DIGITS_MAX:
        length = int(text)
        if length <= BODY_BYTES_MAX:
            return length
    raise Malformed(f"the body's length is not a number up to {BODY_BYTES_MAX}")
