"""Pauses of keys that a writer holds."""

from __future__ import annotations

from crossfade.mapping.state import Key
from crossfade.postgres.ledger.lock_backoff import LockBackoff

A, B, C = (Key("note", (name,)) for name in "abc")


def test_a_locked_key_pauses_and_its_pause_doubles_up_to_the_longest() -> None:
    pauses = LockBackoff(base_seconds=1, max_seconds=3, keys_max=10)
    now = 100.0
    for seconds in (1, 2, 3, 3):
        pauses.note([A, B], frozenset([A]), now)
        assert pauses.paused(now + seconds - 0.1) == [A]
        assert pauses.paused(now + seconds) == []
        now += seconds


def test_an_acknowledged_key_starts_anew() -> None:
    pauses = LockBackoff(base_seconds=1, max_seconds=60, keys_max=10)
    for now in (0, 1, 3):
        pauses.note([A], frozenset([A]), now)
    pauses.note([A], frozenset(), 7)
    assert pauses.paused(7) == []
    pauses.note([A], frozenset([A]), 8)
    assert pauses.paused(8.9) == [A]
    assert pauses.paused(9) == []


def test_a_key_not_met_again_is_forgotten() -> None:
    pauses = LockBackoff(base_seconds=1, max_seconds=10, keys_max=10)
    pauses.note([A], frozenset([A]), 0)
    assert pauses.paused(11) == []
    pauses.note([A], frozenset([A]), 11)
    assert pauses.paused(12) == []


def test_no_more_keys_are_remembered_than_allowed() -> None:
    pauses = LockBackoff(base_seconds=1, max_seconds=10, keys_max=2)
    pauses.note([A, B, C], frozenset([A, B, C]), 0)
    assert pauses.paused(0) == [A, B]
