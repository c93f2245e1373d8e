"""Fault injection: a proxy that breaks connections, for tests and demonstrations.

`TcpProxy` forwards to any server, such as PostgreSQL::

    async with TcpProxy("127.0.0.1", 5432) as proxy:
        await proxy.inject(Stall())      # accepted, never answered
        await proxy.heal()               # stalled connections continue
        proxy.cut()                      # open connections break

`HttpProxy` forwards to DynamoDB or S3 and injects faults into chosen requests::

    async with HttpProxy("http://127.0.0.1:4566") as proxy:
        proxy.add(
            Rule(Throttle(), operation="PutItem", times=3),
            Rule(LoseAnswer(), operation="PutObject", path="/bucket/transcripts/*"),
        )
        ...                              # the client uses proxy.endpoint
        assert proxy.record.arrived("PutItem", fault=Throttle) == 3
        await proxy.record.until(lambda record: record.forwarded("PutObject") == 1)

The first rule that applies decides. A rule lets `skip` requests pass, then applies to `times`.
"""

from crossfade.testing.proxy.faults import (
    Answer,
    CorruptBody,
    Cut,
    Delay,
    Duplicate,
    Hold,
    HttpFault,
    LoseAnswer,
    Refuse,
    ServerError,
    Stall,
    TcpFault,
    Throttle,
    Truncate,
    Unprocessed,
    WrongChecksum,
)
from crossfade.testing.proxy.http import HttpProxy
from crossfade.testing.proxy.messages import Request
from crossfade.testing.proxy.rules import Arrived, Forwarded, Record, Rule
from crossfade.testing.proxy.tcp import TcpProxy

__all__ = [
    "Answer",
    "Arrived",
    "CorruptBody",
    "Cut",
    "Delay",
    "Duplicate",
    "Forwarded",
    "Hold",
    "HttpFault",
    "HttpProxy",
    "LoseAnswer",
    "Record",
    "Refuse",
    "Request",
    "Rule",
    "ServerError",
    "Stall",
    "TcpFault",
    "TcpProxy",
    "Throttle",
    "Truncate",
    "Unprocessed",
    "WrongChecksum",
]
