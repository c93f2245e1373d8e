"""The interface between a client and the network: `Transport`, `Request` and `Response`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple


class Request(NamedTuple):
    """A signed HTTP request, POST to the endpoint's root.

    Attributes:
        head: request line and headers as HTTP/1.1 sends them, the blank line included.
        body: the operation's parameters as JSON.
        deadline: when the whole call ends, in the running event loop's time.
        attempt_seconds: how long this attempt may take within the deadline.
        idempotent: whether sending the request twice has the same effect as sending it once.
    """

    head: bytes
    body: bytes
    deadline: float
    attempt_seconds: float
    idempotent: bool

    def __repr__(self) -> str:
        return f"Request({len(self.body)} bytes)"

    def headers(self) -> dict[str, str]:
        """Return the headers by name, for a transport that formats requests itself."""
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}


class Response(NamedTuple):
    """An HTTP response.

    Attributes:
        status: the status code.
        headers: the headers by name in lower case.
        body: the content, transfer coding removed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Response(status={self.status}, {len(self.body)} bytes)"


Transport = Callable[[Request], Awaitable[Response]]
"""Sends one request and returns its response.

Raises:
    Unreachable: no connection; nothing was sent.
    Interrupted: the connection broke after sending; the request may have had its effect.
    TimedOut: no answer within the time allowed; the request may have had its effect.
    Overloaded: no connection became free; nothing was sent.
    CorruptResponse: the answer is not HTTP.
"""
