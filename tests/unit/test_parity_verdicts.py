"""The verdict on a key from what was read about it; every row of the decision table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from crossfade.mapping.state import Deleted, Live
from crossfade.parity.comparison.readers import Readers
from crossfade.parity.comparison.records import Reader
from crossfade.parity.comparison.verdicts import KeyStatus, Observation, judge
from crossfade.parity.model import Cause, Verdict
from support.mappings import ROW, SESSION

READER = Reader(SESSION)
READERS = Readers([SESSION])
VALUES = [*(ROW[column.name] for column in SESSION.columns), None]
KEY = READER.codec.key_of(ROW)
LIVE = Live(KEY, 5, ROW)
GONE = Deleted(KEY, 5)
CLEAN = KeyStatus(version=5, acked=5)
DIRTY = KeyStatus(version=5, acked=4, dirty_seconds=1.0)
PARKED = replace(DIRTY, parked_reason="too large")
RIGHT = READER.codec.encode(LIVE).item
WRONG = {**RIGHT, "title": {"S": "another"}}


def _at(item: dict[str, Any], version: int) -> dict[str, Any]:
    return {**item, "cf_v": {"N": str(version)}}


def _tombstone(version: int) -> dict[str, Any]:
    return READER.codec.tombstone(Deleted(KEY, version))


def _digest_in_bulk(item: dict[str, Any]) -> int:
    """The digest of an item as a page of Scan brings it."""
    (batch,) = READERS.of_items([orjson.dumps(item)]).items.values()
    return batch.digests[0]


@pytest.mark.parametrize(
    ("before", "state", "item", "verdict"),
    [
        (CLEAN, LIVE, RIGHT, Verdict.EQUAL),
        (DIRTY, LIVE, _at(RIGHT, 4), Verdict.EQUAL),
        (CLEAN, LIVE, None, Verdict.DRIFT_MISSING),
        (CLEAN, LIVE, _tombstone(5), Verdict.DRIFT_MISSING),
        (CLEAN, LIVE, _tombstone(9), Verdict.DRIFT_MISSING),
        (DIRTY, LIVE, None, Verdict.LAG),
        (DIRTY, LIVE, _tombstone(4), Verdict.LAG),
        (DIRTY, LIVE, _tombstone(5), Verdict.DRIFT_MISSING),
        (PARKED, LIVE, None, Verdict.PARKED),
        (CLEAN, LIVE, _at(WRONG, 4), Verdict.DRIFT_STALE),
        (DIRTY, LIVE, _at(WRONG, 4), Verdict.LAG),
        (PARKED, LIVE, _at(WRONG, 4), Verdict.PARKED),
        (CLEAN, LIVE, WRONG, Verdict.DRIFT_DIFFERS),
        (DIRTY, LIVE, WRONG, Verdict.DRIFT_DIFFERS),
        (CLEAN, LIVE, _at(WRONG, 6), Verdict.DRIFT_DIFFERS),
        (CLEAN, GONE, None, Verdict.EQUAL),
        (CLEAN, GONE, _tombstone(5), Verdict.EQUAL),
        (CLEAN, GONE, RIGHT, Verdict.DRIFT_EXTRA),
        (DIRTY, GONE, _at(RIGHT, 4), Verdict.LAG),
        (PARKED, GONE, _at(RIGHT, 4), Verdict.PARKED),
        (DIRTY, GONE, _at(RIGHT, 5), Verdict.DRIFT_EXTRA),
        (replace(CLEAN, is_past_capture=True), LIVE, WRONG, Verdict.DRIFT_UNCAPTURED),
        (replace(CLEAN, is_past_capture=True), LIVE, RIGHT, Verdict.EQUAL),
    ],
)
def test_verdicts(
    before: KeyStatus, state: Live | Deleted, item: dict[str, Any] | None, verdict: Verdict
) -> None:
    assert judge(READER, Observation(before, state, item, 5)).verdict is verdict


def test_a_version_that_moved_is_a_race_for_any_item() -> None:
    for item in (RIGHT, WRONG, None, _tombstone(5)):
        assert judge(READER, Observation(CLEAN, LIVE, item, 6)).verdict is Verdict.RACE


def test_an_item_ahead_of_the_ledger_says_so() -> None:
    assert judge(READER, Observation(CLEAN, LIVE, _at(WRONG, 6), 5)).cause is Cause.LEDGER_BEHIND


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", {"N": "1"}),
        ("title", {"NULL": True}),
        ("number", {"S": "7"}),
        ("number", {"N": "8"}),
        ("startedAt", {"S": "2026-03-01T18:30:00Z"}),
        ("tags", {"L": [{"NULL": True}, {"S": "kobolds"}]}),
        ("tags", {"L": [{"S": "kobolds"}, {"S": "kobolds"}, {"NULL": True}]}),
        ("isStarred", {"BOOL": False}),
        ("gsi1pk", {"S": "SESS#other"}),
        ("__edb_e__", {"S": "other"}),
        ("stray", {"S": "x"}),
        ("notesStorageKey", {"S": "notes/s-1/" + "0" * 64}),
    ],
)
def test_each_changed_attribute_is_seen_in_bulk_and_named(
    field: str, value: dict[str, Any]
) -> None:
    item = {**RIGHT, field: value}
    (expected,) = READER.of_rows([VALUES]).digests
    assert READER.of_item(RIGHT).digest == expected
    assert READER.of_item(item).digest != expected
    assert _digest_in_bulk(RIGHT) == expected
    assert _digest_in_bulk(item) != expected
    judged = judge(READER, Observation(CLEAN, LIVE, item, 5))
    assert judged.verdict.is_drift
    assert field in judged.fields


@pytest.mark.parametrize("field", ["title", "cf_m", "gsi1sk", "tags"])
def test_each_missing_attribute_is_seen_in_bulk_and_named(field: str) -> None:
    item = {name: value for name, value in RIGHT.items() if name != field}
    (expected,) = READER.of_rows([VALUES]).digests
    assert READER.of_item(item).digest != expected
    assert _digest_in_bulk(item) != expected
    assert judge(READER, Observation(CLEAN, LIVE, item, 5)).fields == (field,)
