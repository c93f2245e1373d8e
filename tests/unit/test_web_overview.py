"""What the overview says about figures: the sentence, the concerns, the pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crossfade.cutover.gates import Phase, Readiness, Thresholds
from crossfade.postgres.monitoring.overview import (
    EntityNow,
    FailureMinute,
    LagMinute,
    Overview,
    ProcessNow,
)
from crossfade.rendering import HEIGHT, WIDTH, bars
from crossfade.web.dashboard.overview import Tone, facts
from crossfade.web.dashboard.snapshot import Snapshot

NOW = datetime(2026, 11, 22, 12, 30, 15, tzinfo=UTC)
RELAY = ProcessNow("a" * 36, ("push", "relay"), (), NOW, 1.0, is_alive=True)
ENTITY = EntityNow("note", "public.notes", 0, 0, None, 1.0, is_captured=True)
WELL = Overview(
    taken_at=NOW,
    entities=(ENTITY,),
    open_findings=0,
    replicated_through=NOW,
    verified_through=NOW,
    verified_at=NOW,
    canary_at=NOW - timedelta(seconds=3),
    processes=(RELAY,),
    failures=(),
    lags=(),
)


def page_of(**changes: Any) -> dict[str, Any]:
    """What the page says when some figures are not well."""
    gates = Readiness(NOW, Phase.VALIDATING, ())
    return facts(Snapshot(replace(WELL, **changes), gates, Thresholds()))


def test_all_is_well() -> None:
    page = page_of()
    assert (page["headline"], page["tone"], page["concerns"]) == ("All is well", Tone.WELL, ())
    assert {tile.tone for tile in page["tiles"]} == {Tone.WELL}


@pytest.mark.parametrize(
    ("changes", "tone", "what"),
    [
        ({"entities": (replace(ENTITY, is_captured=False),)}, Tone.BAD, "not captured"),
        ({"entities": (replace(ENTITY, parked=1),)}, Tone.BAD, "One key is parked"),
        ({"entities": (replace(ENTITY, parked=1200),)}, Tone.BAD, "keys are parked"),
        ({"open_findings": 1}, Tone.BAD, "One key differs"),
        ({"open_findings": 10_001}, Tone.BAD, "more than 10"),
        ({"processes": ()}, Tone.BAD, "No relay is running"),
        ({"processes": (replace(RELAY, jobs=("push",)),)}, Tone.BAD, "No relay is running"),
        (
            {"processes": (replace(RELAY, stores_open=("dynamodb",)),)},
            Tone.BAD,
            "DynamoDB failed repeatedly",
        ),
        ({"canary_at": NOW - timedelta(minutes=2)}, Tone.BAD, "was sent 2.0 min ago"),
        (
            {"processes": (RELAY, replace(RELAY, is_alive=False, silent_seconds=40.0))},
            Tone.BUSY,
            "not reported for 40.0 s",
        ),
        (
            {"entities": (replace(ENTITY, dirty=9, oldest_dirty_seconds=90.0),)},
            Tone.BUSY,
            "waited for 1.5 min",
        ),
        ({"transaction_seconds": 1800.0}, Tone.BUSY, "open for 30.0 min"),
        ({"entities": ()}, Tone.BUSY, "No table is captured yet"),
    ],
)
def test_each_thing_that_is_not_well_is_said(
    changes: dict[str, Any], tone: Tone, what: str
) -> None:
    page = page_of(**changes)
    (concern,) = page["concerns"]
    assert concern.tone is page["tone"] is tone
    assert what in concern.problem
    assert concern.remedy


def test_the_worst_is_said_first() -> None:
    silent = replace(RELAY, is_alive=False, silent_seconds=40.0)
    page = page_of(processes=(silent,), open_findings=2)
    assert [one.tone for one in page["concerns"]] == [Tone.BAD, Tone.BAD, Tone.BUSY]
    assert page["headline"] == "2 problems need attention"


def test_a_silent_process_counts_for_nothing() -> None:
    silent = replace(RELAY, is_alive=False, stores_open=("s3",), silent_seconds=40.0)
    page = page_of(processes=(RELAY, silent))
    assert page["stores"] == {"DynamoDB": False, "S3": False}


def test_failures_are_drawn_in_their_minute() -> None:
    minute = NOW.replace(second=0)
    failures = (
        FailureMinute(minute - timedelta(minutes=59), "TimedOut", 1),
        FailureMinute(minute, "Throttled", 6),
        FailureMinute(minute, "TimedOut", 4),
    )
    page = page_of(failures=failures)
    oldest, newest = page["failures"]
    assert oldest.label == "11:31: TimedOut 1"
    assert newest.label == "12:30: Throttled 6, TimedOut 4"
    assert oldest.x < WIDTH * 0.05 < WIDTH * 0.95 < newest.x + newest.width <= WIDTH
    assert (oldest.height, page["failures_most"]) == (pytest.approx(newest.height / 10), 10)
    assert [(one.error, one.last_minutes, one.hour) for one in page["errors"]] == [
        ("Throttled", 6, 6),
        ("TimedOut", 4, 5),
    ]


def test_one_failure_among_thousands_is_still_seen() -> None:
    one, many = bars([(1, "one"), (0, "none"), (100_000, "many")])
    assert one.height >= 3
    assert one.y + one.height == many.y + many.height < HEIGHT
    assert bars([]) == bars([(0, "none")]) == ()


def test_lag_is_drawn_from_nothing_to_its_highest() -> None:
    lags = tuple(LagMinute(NOW + timedelta(minutes=at), at, at * 10.0) for at in range(3))
    drawn = page_of(lags=lags)["lag"]
    assert (drawn.low, drawn.high) == (0.0, 20.0)
    assert [dot.label for dot in drawn.dots][-1] == "12:32: 20.0 s, 2 keys"
