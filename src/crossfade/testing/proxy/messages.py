"""HTTP/1.1 messages, kept byte for byte so that signatures stay valid."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import parse_qs

_BODY_BYTES_MAX = 512 * 1024 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer.

    Attributes:
        head: the first line and the headers as received, without the empty line.
        body: as received, chunk sizes included if the message is chunked.
    """

    head: bytes
    body: bytes

    @property
    def first_line(self) -> str:
        """Return the request line or the status line."""
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def status(self) -> int:
        """Return the HTTP status of an answer."""
        return int(self.first_line.split(" ", 2)[1])

    def header(self, name: str) -> str:
        """Return a header's value, or an empty string."""
        wanted = name.lower().encode()
        for line in self.head.split(b"\r\n")[1:]:
            found, _, value = line.partition(b":")
            if found.strip().lower() == wanted:
                return value.strip().decode("latin-1")
        return ""

    def with_header(self, name: str, value: str) -> Message:
        """Return the message with this header instead of any others of that name."""
        line = f"\r\n{name}: {value}".encode()
        return replace(self, head=self.without_header(name).head + line)

    def without_header(self, name: str) -> Message:
        """Return the message without any header of that name."""
        wanted = name.lower().encode()
        lines = self.head.split(b"\r\n")
        kept = [line for line in lines if line.partition(b":")[0].strip().lower() != wanted]
        return replace(self, head=b"\r\n".join(kept))

    def with_body(self, body: bytes) -> Message:
        """Return the message with another body and its length."""
        return replace(self, body=body).with_header("Content-Length", str(len(body)))

    @property
    def wire(self) -> bytes:
        """Return the bytes to send."""
        return self.head + b"\r\n\r\n" + self.body


@dataclass(frozen=True, slots=True)
class Request:
    """A request that rules can match.

    Attributes:
        operation: the name of the API operation; DynamoDB's from ``X-Amz-Target``, S3's from
            method, path and query.
        method: the HTTP method.
        path: without the query.
        message: the request as received.
    """

    operation: str
    method: str
    path: str
    message: Message

    @property
    def is_dynamodb(self) -> bool:
        """Return whether the request is for DynamoDB; otherwise it is for S3."""
        return bool(self.message.header("X-Amz-Target"))


def request_of(message: Message) -> Request:
    """Parse a request's first line, and find its operation."""
    method, target, _ = message.first_line.split(" ", 2)
    path, _, query = target.partition("?")
    operation = message.header("X-Amz-Target").rpartition(".")[2]
    return Request(operation or _s3_operation(method, path, query), method, path, message)


_S3_OPERATIONS = {
    ("PUT", "object", ""): "PutObject",
    ("GET", "object", ""): "GetObject",
    ("HEAD", "object", ""): "HeadObject",
    ("DELETE", "object", ""): "DeleteObject",
    ("POST", "object", "uploads"): "CreateMultipartUpload",
    ("PUT", "object", "uploadId"): "UploadPart",
    ("POST", "object", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "object", "uploadId"): "AbortMultipartUpload",
    ("PUT", "bucket", ""): "CreateBucket",
    ("HEAD", "bucket", ""): "HeadBucket",
    ("DELETE", "bucket", ""): "DeleteBucket",
    ("GET", "bucket", ""): "ListObjects",
    ("GET", "bucket", "list-type"): "ListObjectsV2",
    ("POST", "bucket", "delete"): "DeleteObjects",
}


def _s3_operation(method: str, path: str, query: str) -> str:
    """Return the operation of a path-style request; the method if it is not a known operation."""
    of = "object" if path.strip("/").count("/") else "bucket"
    names = parse_qs(query, keep_blank_values=True)
    distinct = next(
        (name for name in ("uploads", "uploadId", "list-type", "delete") if name in names), ""
    )
    return _S3_OPERATIONS.get((method, of, distinct), method)


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Message | None:
    """Read one request with its body as received; None at the end of the input.

    Raises:
        asyncio.IncompleteReadError: the input ended within the request.
        ValueError: the body is too large.
    """
    try:
        head = await reader.readuntil(_END_OF_HEAD)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    message = Message(head[:-4], b"")
    if message.header("Expect").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if _is_chunked(message):
        raw, _ = await _read_chunks(reader)
        return replace(message, body=raw)
    return replace(message, body=await _read_body(message, reader))


async def read_answer(reader: asyncio.StreamReader, method: str) -> Message:
    """Read one final answer (no 1xx), a chunked body decoded.

    Raises:
        asyncio.IncompleteReadError: the connection ended within the answer.
        ValueError: the body is too large.
    """
    while True:
        message = Message((await reader.readuntil(_END_OF_HEAD))[:-4], b"")
        if message.status >= HTTPStatus.OK:
            break
    if method == "HEAD" or message.status in _BODILESS:
        return message
    if _is_chunked(message):
        _, content = await _read_chunks(reader)
        return message.without_header("Transfer-Encoding").with_body(content)
    if not message.header("Content-Length"):
        return message.with_body(await reader.read())
    return replace(message, body=await _read_body(message, reader))


def ends_connection(message: Message) -> bool:
    """Return whether the sender closes the connection after this message."""
    return message.header("Connection").lower() == "close"


def _is_chunked(message: Message) -> bool:
    return message.header("Transfer-Encoding").lower() == "chunked"


async def _read_body(message: Message, reader: asyncio.StreamReader) -> bytes:
    length = int(message.header("Content-Length") or 0)
    if length > _BODY_BYTES_MAX:
        raise ValueError(f"a body of {length} bytes; the proxy accepts {_BODY_BYTES_MAX}")
    return await reader.readexactly(length)


async def _read_chunks(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read a chunked body; return it as received, and decoded."""
    raw = bytearray()
    content = bytearray()
    while True:
        line = await reader.readuntil(b"\r\n")
        raw += line
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        chunk = await reader.readexactly(size + 2)
        raw += chunk
        content += chunk[:-2]
    while line != b"\r\n":  # trailers, then the empty line
        line = await reader.readuntil(b"\r\n")
        raw += line
    return bytes(raw), bytes(content)
