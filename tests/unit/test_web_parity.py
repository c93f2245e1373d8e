"""What the pages about parity make of facts: pictures, addresses, sentences, a row's past."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi import HTTPException

from campaigns.mapping import APPLICATION
from crossfade.mapping.coverage import COVERAGE_PARTS
from crossfade.mapping.state import Key
from crossfade.operations.requests import KINDS, Repair, Reveal, Task, Unpark, Verify, kind_of
from crossfade.operations.reveal import CHARACTERS_MAX, revealed
from crossfade.parity.model import Cause, Evidence, Verdict
from crossfade.postgres.monitoring.details import (
    Bucket,
    EntityBackfill,
    EntityCoverage,
    KeyHistory,
    KnownKey,
    KnownObject,
    KnownReveal,
    KnownTombstone,
)
from crossfade.postgres.monitoring.history import PastFinding, PastRun
from crossfade.rendering import WIDTH, code, measure
from crossfade.rendering.charts import MARGIN
from crossfade.web.dashboard.findings import (
    FOREIGN,
    MEANINGS,
    Filters,
    FindingState,
    version_text,
)
from crossfade.web.dashboard.pages.backfill import seconds_left
from crossfade.web.dashboard.parameters import key_json, key_of, primary_key
from crossfade.web.dashboard.parity import NEVER, age_class, age_counts, coverage_row, parity_chart
from crossfade.web.dashboard.request_labels import described
from crossfade.web.dashboard.row_history import folders, moments

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0


def run(number: int, days_ago: float, *, drifted: int = 0) -> PastRun:
    began = NOON - timedelta(days=days_ago)
    return PastRun(
        id=number, kind="full", is_deep=False, state="finished", started_at=began,
        finished_at=began + timedelta(minutes=1), source_rows=100, target_items=100,
        equal_keys=100 - drifted, lagging_keys=0, racing_keys=0, parked_keys=0,
        drifted_keys=drifted, orphan_objects=0, read_units=1.0, root_digest=None,
    )  # fmt: skip


def test_the_chart_covers_two_weeks_for_any_runs() -> None:
    drawn = parity_chart([run(2, 0), run(1, 7, drifted=4)], NOON)
    assert [dot.x for dot in drawn.dots] == [WIDTH / 2, WIDTH - MARGIN]
    assert drawn.low == 0.9
    assert "run 1, full, 2026-02-22 12:00:00 UTC: 96 %, 4 different" in drawn.dots[0].label
    alone = parity_chart([run(1, 14)], NOON)
    assert [dot.x for dot in alone.dots] == [MARGIN]


def test_a_run_says_what_it_went_without() -> None:
    (dot,) = parity_chart([replace(run(1, 7), left_out=("campaign", "user"))], NOON).dots
    assert "run 1, full, without campaign, user, 2026" in dot.label


def test_a_run_that_has_not_ended_is_not_drawn() -> None:
    assert parity_chart([replace(run(1, 1), finished_at=None)], NOON).dots == ()


@pytest.mark.parametrize(
    ("seconds", "age"),
    [(0, 0), (HOUR, 0), (HOUR + 1, 1), (2 * DAY, 2), (8 * DAY, 3), (15 * DAY, 4)],
)
def test_ages_have_classes(seconds: float, age: int) -> None:
    assert age_class(seconds) == age


def test_coverage_is_drawn_in_strips_of_one_age() -> None:
    buckets = tuple(
        Bucket(number, 60.0 if number < 100 else 3 * DAY, 2, int(number == 7))
        for number in range(200)
    )
    row = coverage_row(EntityCoverage("session", buckets))
    assert [(one.start, one.width, one.age, one.is_drifted) for one in row.strips] == [
        (0, 7, 0, False),
        (7, 1, 0, True),
        (8, 92, 0, False),
        (100, 100, 2, False),
        (200, 56, NEVER, False),
    ]
    assert row.strips[1].label == "bucket 7: compared 1.0 min ago, 2 keys, 1 different"
    assert row.strips[-1].label == "buckets 200 to 255: never compared"
    assert (row.share, row.keys, row.drifted) == (200 / COVERAGE_PARTS, 400, 1)
    assert row.oldest_seconds is None
    assert age_counts([row]) == [
        ("compared within an hour", 0, 100),
        ("compared within a week", 2, 100),
        ("never compared", NEVER, 56),
    ]


def test_neighbouring_buckets_with_differences_stay_single() -> None:
    buckets = tuple(Bucket(number, 60.0, 1, 1) for number in range(COVERAGE_PARTS))
    row = coverage_row(EntityCoverage("session", buckets))
    assert len(row.strips) == COVERAGE_PARTS
    assert row.oldest_seconds == 60.0


def test_an_entity_that_was_never_compared_is_one_strip() -> None:
    (strip,) = coverage_row(EntityCoverage("session", ())).strips
    assert (strip.start, strip.width, strip.age) == (0, COVERAGE_PARTS, NEVER)


def test_filters_are_in_the_address() -> None:
    filters = Filters(
        "user", Verdict.DRIFT_EXTRA, Cause.LOST_DELETE, FindingState.ALL, date(2026, 3, 1)
    )
    assert filters.link(after=7) == (
        "/findings?entity=user&verdict=drift_extra&cause=lost+delete&standing=all"
        "&since=2026-03-01&after=7"
    )
    assert filters.query.since == datetime(2026, 3, 1, tzinfo=UTC)
    assert filters.query.is_open is None
    assert Filters(entity=FOREIGN).query.entity == ""
    assert Filters().query.entity is None
    assert Filters(state=FindingState.CLOSED).query.is_open is False


@pytest.mark.parametrize(
    ("evidence", "text"),
    [
        (Evidence(7, 7, 7), "has version 7, and version 7 is acknowledged; the item"),
        (Evidence(7, 7, 5), "the item has the lower version 5"),
        (Evidence(7, 7, 9), "the item has the higher version 9"),
        (Evidence(7, 7, None), "the target has no item with a version"),
        (Evidence(None, None, 0), "has no version of this key; the item has version 0"),
        (Evidence(), "has no version of this key; the target has no item"),
    ],
)
def test_versions_are_compared_in_a_sentence(evidence: Evidence, text: str) -> None:
    assert text in version_text(evidence)


def test_every_drift_has_a_meaning() -> None:
    assert set(MEANINGS) == {verdict for verdict in Verdict if verdict.is_drift}


def test_a_rows_history_is_newest_first() -> None:
    key: tuple[str | None, ...] = ("s1", None)
    at = [NOON - timedelta(hours=hours) for hours in range(9)]
    history = KeyHistory(
        NOON,
        (KnownKey("session", key, 7, 5, at[0], at[1], 0, NOON, None),),
        (
            PastFinding(
                9, "session", key, Verdict.DRIFT_STALE, ("name",), "lost write", at[3], at[3],
                at[2], "run 8",
            ),
        ),
        (KnownTombstone(key, 3, at[6], at[5]),),
        (KnownObject("transcripts/s1/" + "0" * 64, 5000, at[7]),),
        (KnownReveal("Ada", at[4], "done"),),
    )  # fmt: skip
    events = moments(history)
    assert [one.at for one in events] == at[:8]
    assert events[0].text == "s1/- was written; its version 7 is not delivered yet"
    assert events[3].text == "a finding was opened: stale (name), lost write"
    assert events[2].link == "/findings/9"
    assert events[4].text == "Ada asked to see its content"


def test_objects_are_searched_under_the_name_of_their_row() -> None:
    session = APPLICATION.by_name["session"]
    found = folders(session, ("a/b",))
    assert found[:2] == ("transcripts/a%2Fb/", "transcript-json/a%2Fb/")
    assert len(found) == len(session.bodies)
    assert folders(session, ("",)) == ()
    assert folders(APPLICATION.by_name["member"], ("a", "b")) == ()


def test_keys_travel_in_addresses() -> None:
    parts = ("a/b", None, "ü")
    assert key_of("session", key_json(parts)) == Key("session", parts)
    for text in ("", "x", "[]", "[1]", "{}", '["\\u0000"]', '["\\ud800"]', "[" * 5000):
        with pytest.raises(HTTPException):
            key_of("session", text)
    member = APPLICATION.by_name["member"]
    assert primary_key(member, [], "a/b/c") == ("a", "b/c")
    assert primary_key(member, ["a/b", "c"], "") == ("a/b", "c")
    for wrong in (["a"], ["a", "b", "c"]):
        with pytest.raises(HTTPException):
            primary_key(member, wrong, "")


def test_tasks_have_names_and_words() -> None:
    tasks: dict[str, Task] = {
        "verify": Verify(("session",), is_deep=True),
        "repair": Repair(7),
        "unpark": Unpark("session", ("a", None)),
        "reveal": Reveal("session", ("a",)),
    }
    assert {name: kind_of(task) for name, task in tasks.items()} == {name: name for name in KINDS}
    assert [described(task) for task in tasks.values()] == [
        "Verify session, deep",
        "Repair finding 7",
        "Un-park session/a/-",
        "Reveal session/a",
    ]
    assert described(Verify()) == "Verify everything"
    assert described(Repair()) == "Repair every open finding"
    assert described(Unpark()) == "Un-park every parked key"
    assert described(Unpark("session")) == "Un-park the parked keys of session"


def test_what_is_revealed_is_text_and_not_endless() -> None:
    shown = revealed(
        {"name": "x" * 3000, "note": None}, {"b": {"L": [{"S": "ü"}]}, "a": {"N": "1"}}
    )
    row, item = shown["row"], shown["item"]
    assert row is not None
    assert item is not None
    assert row["note"] is None
    assert str(row["name"]) == "x" * CHARACTERS_MAX + "… (3000 characters)"
    assert list(item.items()) == [("a", "1"), ("b", '[{"S": "ü"}]')]
    assert revealed(None, None) == {"row": None, "item": None}


def test_values_are_printed_by_their_unit_and_commands_as_code() -> None:
    assert [measure(90.0, unit) for unit in ("seconds", "count")] == ["1.5 min", "90"]
    assert [measure(0.5, "share"), measure(None, "share")] == ["50 %", "unknown"]
    assert code("run `crossfade <x>` & wait") == ("run <code>crossfade &lt;x&gt;</code> &amp; wait")


def test_the_time_left_is_at_the_pace_so_far() -> None:
    begun = EntityBackfill(
        "user", 1000, 4, 1, 1, 250, 250, 0, 0, 0, 1, 0, NOON, NOON + timedelta(seconds=50)
    )
    waiting = replace(begun, name="session", rows_read=0, advanced_at=None)
    assert seconds_left((begun,)) == 150.0
    assert seconds_left((begun, waiting)) == 350.0
    assert seconds_left((waiting,)) is None
    assert seconds_left(()) is None
