"""Events as structured log lines: one line an event, keys and error classes, never content."""

from __future__ import annotations

import logging
import re
import sys
from dataclasses import asdict
from typing import Literal, TextIO

import structlog

from crossfade.events import (
    Backfilled,
    BackfillWaits,
    BreakerClosed,
    BreakerOpened,
    DriftFound,
    EntityPaused,
    EntitySkipped,
    Event,
    InsertsRefused,
    KeyParked,
    LagOver,
    LagTooOld,
    LedgerRaised,
    LoopFailed,
    PassAbandoned,
    PassResumed,
    PushFailed,
    PushSkipped,
    Relayed,
    Repaired,
    RequestEnded,
    Swept,
    Verified,
)
from crossfade.mapping.state import Key

LEVELS: dict[type[Event], int] = {
    PushFailed: logging.WARNING,
    PushSkipped: logging.DEBUG,
    KeyParked: logging.ERROR,
    EntityPaused: logging.ERROR,
    EntitySkipped: logging.ERROR,
    LedgerRaised: logging.WARNING,
    Relayed: logging.DEBUG,
    Backfilled: logging.DEBUG,
    BackfillWaits: logging.WARNING,
    InsertsRefused: logging.WARNING,
    BreakerOpened: logging.ERROR,
    BreakerClosed: logging.INFO,
    LoopFailed: logging.ERROR,
    DriftFound: logging.ERROR,
    Verified: logging.INFO,
    PassResumed: logging.INFO,
    PassAbandoned: logging.WARNING,
    LagTooOld: logging.ERROR,
    LagOver: logging.INFO,
    Repaired: logging.INFO,
    Swept: logging.DEBUG,
    RequestEnded: logging.INFO,
}
"""The level of each event. Events of every step or request stand below the default, INFO."""

_WAIT = "none needed: the relay delivers it once the store answers"
REMEDIES = {
    **dict.fromkeys(("Interrupted", "ServerFault", "TimedOut", "Unreachable"), _WAIT),
    "AccessDenied": "check the AWS credentials and the role's permissions",
    "NoSuchStore": "create it with `crossfade table create` and `crossfade bucket create`",
    "Throttled": "raise the table's capacity, or let the relay catch up",
    "TooLarge": "declare the row's large columns as bodies",
    "SchemaChanged": "declare the table's columns as they are now, then `crossfade install`",
    "Unmappable": "change the value or the column's rule, then write the row again",
}
"""What to do about an error, by its class."""


def configure_logs(form: Literal["auto", "console", "json"], stream: TextIO | None = None) -> None:
    """Send log lines to `stream`, standard error unless given; once per process."""
    # The driver tells of each connection that breaks; what follows from that is told as events.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    target = stream or sys.stderr
    console = form == "console" or (form == "auto" and target.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=False,
    )


def log_event(event: Event) -> None:
    """Write an event as one line; its name is the class's name in snake_case."""
    fields = asdict(event)
    key = getattr(event, "key", None)
    if isinstance(key, Key):
        fields["key"] = str(key)
        fields["entity"] = key.entity
    remedy = REMEDIES.get(str(fields.get("error")))
    if remedy is not None:
        fields["remedy"] = remedy
    structlog.get_logger().log(LEVELS[type(event)], name_of(type(event)), **fields)


def name_of(kind: type[Event]) -> str:
    """Return an event's name in logs, such as ``push_failed``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
