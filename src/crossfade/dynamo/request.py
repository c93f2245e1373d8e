"""The values of the transport seam: one request out, one response back.

A transport is any callable of the shape `Transport`; the client knows nothing else of the network.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple


class Request(NamedTuple):
    """One signed HTTP request: always POST to the endpoint's root.

    Attributes:
        headers: names and values in the order they are sent; `Host` and `Content-Length` included.
        body: the request in JSON.
        deadline: when the whole call ends, on the running event loop's clock.
        attempt_seconds: how long this one exchange may take within the deadline.
        repeatable: whether sending it twice has the effect of sending it once.
    """

    headers: tuple[tuple[str, str], ...]
    body: bytes
    deadline: float
    attempt_seconds: float
    repeatable: bool

    def __repr__(self) -> str:
        return f"Request({len(self.body)} bytes)"


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


def render(request: Request) -> bytes:
    """Return the request as HTTP/1.1 sends it."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in request.headers])
    return f"POST / HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + request.body
