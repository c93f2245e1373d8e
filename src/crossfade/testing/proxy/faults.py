"""The faults that can be injected on the way to a store, as values."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refuse:
    """TCP: no server listens; a connection attempt fails at once."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is reset (RST) before the request reaches the server."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Connections are accepted, but never answered.

    Over TCP the bytes are kept, and forwarded when the fault ends; an HTTP request is dropped.
    """


@dataclass(frozen=True, slots=True)
class Delay:
    """Over TCP every chunk of an answer is delayed, over HTTP the request."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Truncate:
    """The connection ends after `bytes_max` bytes of the answer; over HTTP, of its body."""

    bytes_max: int


@dataclass(frozen=True, slots=True)
class Hold:
    """The request waits in the proxy until the event is set: a reordered delivery."""

    until: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Answer:
    """The proxy answers with an error instead of the server.

    Attributes:
        status: the HTTP status.
        code: the error's name, such as ``ExpiredTokenException``.
    """

    status: int
    code: str


@dataclass(frozen=True, slots=True)
class Throttle:
    """DynamoDB answers 400 with this code, S3 503 ``SlowDown``.

    Source: Amazon DynamoDB Developer Guide, "Error handling"; Amazon S3 API Reference,
    "Error responses".
    """

    code: str = "ProvisionedThroughputExceededException"


@dataclass(frozen=True, slots=True)
class ServerError:
    """The store answers with an internal error and this HTTP status."""

    status: int = 500


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """A batch operation processes only its first entries and returns the others as unprocessed.

    BatchWriteItem, BatchGetItem and BatchExecuteStatement only. The shortened request keeps the old
    signature, so the server must not check signatures; no local DynamoDB does.

    Attributes:
        processed: the number of entries to process.
        code: the error of each unprocessed statement of a BatchExecuteStatement.
    """

    processed: int = 0
    code: str = "ThrottlingError"


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The server processes the request, and its answer is lost.

    Attributes:
        cut: whether to reset the connection; otherwise nothing is sent until the client gives up.
    """

    cut: bool = False


@dataclass(frozen=True, slots=True)
class WrongChecksum:
    """The answer's ``x-amz-crc32`` does not match its body."""


@dataclass(frozen=True, slots=True)
class CorruptBody:
    """One bit of the answer's body is flipped; its headers stay."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The request is delivered again after its answer.

    Attributes:
        when: the event to wait for; None: at once.
    """

    when: asyncio.Event | None = None


TcpFault = Refuse | Cut | Stall | Delay | Truncate

Before = Cut | Stall | Delay | Hold
"""Faults that affect a request on its way to the server."""

Instead = Answer | Throttle | ServerError
"""Faults that answer instead of the server."""

After = LoseAnswer | Truncate | WrongChecksum | CorruptBody | Duplicate
"""Faults that affect the answer to a request that the server has processed."""

HttpFault = Before | Instead | After | Unprocessed
