"""Log lines and metrics: one line an event, machine-readable, with a remedy, without content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from prometheus_client import generate_latest

from crossfade.errors import (
    AccessDenied,
    CredentialsExpired,
    NoItemKey,
    NoProgress,
    ObjectTooLarge,
    Overloaded,
    TimedOut,
    Unavailable,
    Unmappable,
)
from crossfade.events import (
    BreakerClosed,
    BreakerOpened,
    KeyParked,
    PushFailed,
    PushSkipped,
    Relayed,
    Repaired,
    Swept,
)
from crossfade.mapping.state import Key
from crossfade.telemetry import Metrics, configure_logs, log_event
from crossfade.telemetry.logs import REMEDIES, remedy_for

KEY = Key("session", ("s1", "c1", None))


@pytest.fixture
def stream() -> Iterator[StringIO]:
    stream = StringIO()
    configure_logs("json", stream)
    yield stream
    structlog.reset_defaults()


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_failed_push_is_one_line_that_says_what_to_do(stream: StringIO) -> None:
    log_event(PushFailed(KEY, AccessDenied, "the token is expired", 3))
    (line,) = lines(stream)
    assert line["event"] == "push_failed"
    assert (line["entity"], line["key"]) == ("session", "session/s1/c1/-")
    assert (line["error"], line["attempt"], line["level"]) == ("AccessDenied", 3, "warning")
    assert "credentials" in line["remedy"]


def test_events_of_every_step_and_request_are_not_logged(stream: StringIO) -> None:
    log_event(Relayed("relay", 1, 0, 0, 0, 0.1))
    log_event(PushSkipped("session", "breaker open"))
    assert lines(stream) == []


def test_on_a_console_lines_are_for_people() -> None:
    stream = StringIO()
    configure_logs("console", stream)
    log_event(BreakerClosed("s3"))
    assert "breaker_closed" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (CredentialsExpired, REMEDIES[AccessDenied]),
        (Overloaded, REMEDIES[Unavailable]),
        (ObjectTooLarge, REMEDIES[ObjectTooLarge]),
        (NoItemKey, REMEDIES[Unmappable]),
        (NoProgress, None),
        (KeyError, None),
    ],
)
def test_a_remedy_holds_for_the_errors_below_its_own(
    error: type[Exception], remedy: str | None
) -> None:
    assert remedy_for(error) == remedy


def test_events_are_counted() -> None:
    metrics = Metrics()
    for event in (
        Relayed("relay", 3, 1, 0, 1, 0.2),
        PushFailed(KEY, TimedOut, "…", 1),
        PushSkipped("session", "queue full"),
        KeyParked(KEY, "too large"),
        BreakerOpened("s3", TimedOut, "…", 1.0),
        Repaired(closed=5, open=1, left=0, seconds=0.1),
        Swept("object", checked=200, noted=4, waiting=3, removed=2, kept=1, seconds=0.1),
    ):
        metrics.observe(event)
    text = generate_latest(metrics.registry).decode()
    for sample in (
        'crossfade_keys_total{result="delivered",worker="relay"} 3.0',
        'crossfade_failures_total{entity="session",error="TimedOut"} 1.0',
        'crossfade_pushes_skipped_total{cause="queue full",entity="session"} 1.0',
        'crossfade_keys_parked_total{entity="session"} 1.0',
        'crossfade_breaker_open{store="s3"} 1.0',
        'crossfade_repaired_total{result="closed"} 5.0',
        'crossfade_swept_total{kind="object",result="removed"} 2.0',
        'crossfade_step_seconds_count{worker="sweep"} 1.0',
    ):
        assert sample in text
    metrics.observe(BreakerClosed("s3"))
    assert 'crossfade_breaker_open{store="s3"} 0.0' in generate_latest(metrics.registry).decode()
