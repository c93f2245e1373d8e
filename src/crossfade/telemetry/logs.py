"""Structured log lines: one per event, with keys and error classes, never content."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal, TextIO

import structlog

from crossfade.errors import (
    AccessDenied,
    CrossfadeError,
    NoSuchStore,
    ObjectTooLarge,
    SchemaChanged,
    Throttled,
    TooLarge,
    Unavailable,
    Unmappable,
)
from crossfade.events import Event
from crossfade.mapping.state import Key

REMEDIES: Mapping[type[CrossfadeError], str] = {
    Unavailable: "none needed: the relay delivers it once the store is available",
    AccessDenied: "check the AWS credentials and the role's permissions",
    NoSuchStore: "create it with `crossfade table create` and `crossfade bucket create`",
    Throttled: "raise the table's capacity, or let the relay catch up",
    SchemaChanged: "declare the table's columns as they are now, then `crossfade install`",
    TooLarge: "declare the row's large columns as bodies",
    ObjectTooLarge: "raise plain_bytes_max of the object store, or shorten the column",
    Unmappable: "change the value or the column's rule, then write the row again",
}
"""The remedy for an error, by its class or the nearest base class."""


def remedy_for(error: type[Exception]) -> str | None:
    """Return the remedy for an error of this class; None if there is no general one."""
    remedies = (REMEDIES.get(kind) for kind in error.__mro__)
    return next((remedy for remedy in remedies if remedy), None)


def configure_logs(form: Literal["auto", "console", "json"], stream: TextIO | None = None) -> None:
    """Write log lines to `stream`, by default standard error; to be called once per process."""
    # psycopg logs every broken connection; the consequences are reported as events instead.
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
    """Write an event as one line; its name is its class's in snake_case."""
    fields = asdict(event)
    key = getattr(event, "key", None)
    if isinstance(key, Key):
        fields["key"] = str(key)
        fields["entity"] = key.entity
    error = getattr(event, "error", None)
    if isinstance(error, type):
        fields["error"] = error.__name__
        remedy = remedy_for(error)
        if remedy is not None:
            fields["remedy"] = remedy
    structlog.get_logger().log(event.level, name_of(type(event)), **fields)


def name_of(kind: type[Event]) -> str:
    """Return an event's name in logs, such as ``push_failed``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
