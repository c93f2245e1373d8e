"""Sums of records: equal for equal sets in any order, and for no other sets that can be made."""

from __future__ import annotations

from contextlib import closing
from functools import reduce
from operator import xor
from random import Random
from tempfile import TemporaryFile

from hypothesis import given
from hypothesis import strategies as st

from crossfade.parity.comparison.buckets import DIGEST_BUCKETS, Buckets, rounds
from crossfade.parity.comparison.records import UNREADABLE, Batch, Record
from crossfade.parity.spill import Spill

RECORDS = st.lists(
    st.builds(
        Record,
        key_hash=st.integers(0, 2**128 - 1),
        digest=st.integers(1, 2**128 - 1),
        name=st.tuples(st.text()),
    ),
    max_size=30,
    unique_by=lambda record: record.key_hash,
)


def _batch(records: list[Record]) -> Batch:
    batch = Batch()
    for record in records:
        batch.add(*record)
    return batch


def spill() -> closing[Spill]:
    return closing(Spill(TemporaryFile()))


def _buckets(records: list[Record]) -> Buckets:
    buckets = Buckets()
    buckets.add(_batch(records))
    return buckets


@given(RECORDS, st.randoms())
def test_the_order_does_not_matter(records: list[Record], chance: Random) -> None:
    shuffled = records.copy()
    chance.shuffle(shuffled)
    assert _buckets(records).differing(_buckets(shuffled)) == []
    assert _buckets(records).root() == _buckets(shuffled).root()


def test_two_records_that_add_up_to_one_show_by_their_number() -> None:
    """Each has another place, all of one bucket."""
    one = [Record(0, 5, ("a",))]
    two = [Record(DIGEST_BUCKETS, 2, ("b",)), Record(2 * DIGEST_BUCKETS, 3, ("c",))]
    assert _buckets(one).differing(_buckets(two)) == [0]
    assert _buckets(one).root() != _buckets(two).root()


@given(RECORDS.filter(bool), st.integers(0, 29))
def test_a_missing_record_shows_in_its_bucket(records: list[Record], number: int) -> None:
    left = records.copy()
    lost = left.pop(number % len(records))
    assert _buckets(records).differing(_buckets(left)) == [lost.key_hash % DIGEST_BUCKETS]
    assert _buckets(records).root() != _buckets(left).root()


def test_a_pair_that_exclusive_or_would_cancel_shows() -> None:
    ours = [Record(1, 111, ("a",)), Record(1, 111, ("a",))]
    theirs = [Record(1, 222, ("b",)), Record(1, 222, ("b",))]
    assert reduce(xor, (one.digest for one in ours)) == reduce(xor, (one.digest for one in theirs))
    assert _buckets(ours).differing(_buckets(theirs)) == [1]


@given(RECORDS, RECORDS, st.integers(1, 10))
def test_a_spill_returns_what_has_no_partner(
    ours: list[Record], theirs: list[Record], records_max: int
) -> None:
    with spill() as one, spill() as other:
        one.add("note", _batch(ours))
        other.add("note", _batch(theirs))
        partners = {record.key_hash: record.digest for record in theirs}
        expected = [record for record in ours if partners.get(record.key_hash) != record.digest]
        found = [record for _, record in one.unmatched(other, records_max, by_digest=True)]
        assert sorted(found) == sorted(expected)


def test_records_without_a_digest_never_match() -> None:
    """Not even one on each side, in one bucket, with equal counts and sums."""
    record = Record(7, UNREADABLE, ("a",))
    stranger = Record(7 + DIGEST_BUCKETS, UNREADABLE, ("b",))
    for there in (record, stranger):
        with spill() as one, spill() as other:
            one.add("note", _batch([record]))
            other.add("note", _batch([there]))
            assert [found for _, found in one.unmatched(other, 9, by_digest=True)] == [record]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50), st.integers(1, 20))
def test_rounds_hold_every_bucket_once_and_no_more_than_fit(
    sizes: list[int], records_max: int
) -> None:
    groups = rounds(range(len(sizes)), sizes, records_max)
    assert sorted(number for group in groups for number in group) == list(range(len(sizes)))
    for group in groups:
        assert len(group) == 1 or sum(sizes[number] for number in group) <= records_max
