"""What can go wrong on the way to a store, as values."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refuse:
    """TCP: nobody listens; a connection attempt fails at once."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection breaks (RST) before the request reaches the server."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Connections are accepted and nothing is ever answered.

    Over TCP the bytes are kept and go on when the fault is lifted; an HTTP request is dropped.
    """


@dataclass(frozen=True, slots=True)
class Delay:
    """Everything arrives, later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Truncate:
    """The connection ends after so many bytes of the answer; of an HTTP answer, of its body."""

    bytes_max: int


@dataclass(frozen=True, slots=True)
class Hold:
    """The request waits in the proxy until the event is set, then goes on: a reordered delivery."""

    until: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Answer:
    """The proxy answers with an error in the server's place.

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
    """The store fails for a reason of its own."""

    status: int = 500


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """A batch operation does only its first requests and returns the others as unprocessed.

    BatchWriteItem, BatchGetItem and BatchExecuteStatement only. The shortened request goes on under
    its old signature, so the server must be one that does not check it; no local DynamoDB does.

    Attributes:
        processed: how many are done.
        code: the error of each statement that is not, BatchExecuteStatement's way to say so.
    """

    processed: int = 0
    code: str = "ThrottlingError"


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The server does what was asked, and the client never hears of it.

    Attributes:
        cut: whether the connection breaks; otherwise silence until the client gives up.
    """

    cut: bool = False


@dataclass(frozen=True, slots=True)
class WrongChecksum:
    """The answer's ``x-amz-crc32`` does not belong to its body."""


@dataclass(frozen=True, slots=True)
class CorruptBody:
    """One bit of the answer's body is flipped; its headers stay."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The request is delivered once more after its answer, when the event is set.

    Attributes:
        when: None: at once.
    """

    when: asyncio.Event | None = None


TcpFault = Refuse | Cut | Stall | Delay | Truncate

Before = Cut | Stall | Delay | Hold
"""Strikes a request on its way to the server."""

Instead = Answer | Throttle | ServerError
"""Answers in the server's place."""

After = LoseAnswer | Truncate | WrongChecksum | CorruptBody | Duplicate
"""Strikes the answer of a server that did what was asked."""

HttpFault = Before | Instead | After | Unprocessed
