"""A minimal HTTP request that checks whether a server answers."""

from __future__ import annotations

import asyncio

from crossfade.local.program import HOST

_ANSWER_SECONDS_MAX = 5.0


async def status_of(port: int, target: str | None = None) -> int | None:
    """Send a request to a local server and return its HTTP status; None if it does not answer.

    Args:
        port: the server's port on the loopback interface.
        target: a DynamoDB operation without parameters, such as ``ListTables``; None: ``GET /``.
    """
    try:
        async with asyncio.timeout(_ANSWER_SECONDS_MAX):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(_request(port, target))
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    words = line.split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None


def _request(port: int, target: str | None) -> bytes:
    common = f"Host: {HOST}:{port}\r\nConnection: close\r\n"
    if target is None:
        return f"GET / HTTP/1.1\r\n{common}\r\n".encode()
    return (
        f"POST / HTTP/1.1\r\n{common}"
        f"X-Amz-Target: DynamoDB_20120810.{target}\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request,"
        " SignedHeaders=host;x-amz-date, Signature=0\r\n"
        "X-Amz-Date: 20260101T000000Z\r\n"
        "Content-Length: 2\r\n\r\n{}"
    ).encode()
