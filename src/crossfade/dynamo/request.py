"""The values of the transport seam: one request out, one response back.

A transport is any callable of the shape `Transport`; the client knows nothing else of the network.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple


class Request(NamedTuple):
    """One signed HTTP request: always POST to the endpoint's root.

    Attributes:
        head: request line and headers as HTTP/1.1 sends them, the blank line included.
        body: the request in JSON.
        deadline: when the whole call ends, on the running event loop's clock.
        attempt_seconds: how long this one exchange may take within the deadline.
        repeatable: whether sending it twice has the effect of sending it once.
    """

    head: bytes
    body: bytes
    deadline: float
    attempt_seconds: float
    repeatable: bool

    def __repr__(self) -> str:
        return f"Request({len(self.body)} bytes)"

    def headers(self) -> dict[str, str]:
        """Return the headers one by one, for a transport that frames requests itself."""
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}


class Response(NamedTuple):
    """One HTTP response.

    Attributes:
        status: the status code.
        headers: names in lower case.
        body: the content, without transfer coding.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Response(status={self.status}, {len(self.body)} bytes)"


Transport = Callable[[Request], Awaitable[Response]]
"""Sends one request and returns its response.

Raises:
    Unreachable: nothing was sent.
    Interrupted: the connection broke after sending; the request may have had its effect.
    TimedOut: the exchange took longer than allowed; likewise.
    Overloaded: no connection became free.
    CorruptResponse: the answer is not HTTP.
"""
