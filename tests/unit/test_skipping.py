"""Entities that a job leaves out while it continues with the others, and what is counted then."""

from __future__ import annotations

from tempfile import TemporaryFile

import pytest

from crossfade.errors import SchemaChanged
from crossfade.jobs.skipped import SkippedEntity
from crossfade.jobs.skipping import SkipList
from crossfade.mapping.state import Key
from crossfade.parity.comparison.records import Batch
from crossfade.parity.counts import Counts
from crossfade.parity.model import Comparison, Tally, Verdict
from crossfade.parity.spill import Spill


class Tables:
    """Tables of which some cannot be read."""

    def __init__(self, names: str, altered: str) -> None:
        self._names, self._altered = names, altered

    async def read(self, without: frozenset[str]) -> str:
        for name in self._names:
            if name in self._altered and name not in without:
                raise SchemaChanged(f"{name} has changed", name)
        return "".join(name for name in self._names if name not in without)


async def test_what_cannot_be_read_is_left_out_and_reported_once() -> None:
    reported: list[SkippedEntity] = []
    altered = SkipList(reported.append)
    assert await altered.run(Tables("abcd", altered="ca").read) == "bd"
    assert await altered.run(Tables("abcd", altered="ca").read) == "bd"
    assert altered.names == {"a", "c"}
    expected = [SkippedEntity("a", "a has changed"), SkippedEntity("c", "c has changed")]
    assert list(altered.skipped) == reported == expected


@pytest.mark.parametrize("entity", ["", "a"])
async def test_an_error_that_leaving_out_does_not_mend_is_raised(entity: str) -> None:
    """It names no entity, or one that was not even read."""

    async def read(without: frozenset[str]) -> None:
        del without
        raise SchemaChanged("changed", entity)

    with pytest.raises(SchemaChanged):
        await SkipList(lambda _: None).run(read)


def judged(entity: str, *verdicts: Verdict) -> list[Comparison]:
    return [Comparison(Key(entity, (str(at),)), verdict) for at, verdict in enumerate(verdicts)]


def test_the_counts_of_what_is_left_out_are_taken_out() -> None:
    counts = Counts(Tally(source_rows=9, lagging_keys=1), {"b": {"lagging_keys": 1}})
    counts.add_unsettled(judged("a", Verdict.LAG, Verdict.RACE, Verdict.PARKED, Verdict.EQUAL))
    counts.add_unsettled(judged("b", Verdict.LAG, Verdict.DRIFT_DIFFERS))
    assert counts.unsettled["b"] == {"lagging_keys": 2}
    assert counts.tally.lagging_keys == 3
    counts.skip("a", source_rows=5)
    counts.settle({Verdict.DRIFT_DIFFERS: 1, Verdict.DRIFT_EXTRA: 1})
    assert counts.tally == Tally(source_rows=5, equal_keys=2, lagging_keys=2, drifted_keys=2)


def test_comparing_anew_counts_anew() -> None:
    begun = Tally(source_rows=5, target_items=7, racing_keys=1, orphan_objects=3, read_units=2.5)
    counts = Counts(begun, {"a": {"racing_keys": 1}})
    counts.restart_comparisons(source_rows=6)
    assert counts.tally == Tally(source_rows=6, target_items=7, read_units=2.5)


def test_records_that_are_left_out_are_neither_counted_nor_returned_and_yet_kept() -> None:
    with TemporaryFile() as file, TemporaryFile() as alone:
        spill, other = Spill(file), Spill(alone)
        for entity in "aba":
            spill.add(entity, batch(entity))
        other.add("b", batch("b"))
        reading = spill.read()
        next(reading)
        spill.skip("a")
        spill.add("a", batch("a"))
        assert [entity for entity, _ in reading] == ["b"]
        assert spill.buckets.root() == other.buckets.root()
        assert set(spill.parts) == {"b"}
        spill.size_bytes()
        assert Spill(file).buckets.total == 4


def batch(entity: str) -> Batch:
    one = Batch()
    one.add(ord(entity), ord(entity), (entity,))
    return one
