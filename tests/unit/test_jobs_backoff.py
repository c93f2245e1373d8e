"""Pauses double up to the longest one, and begin again after a reset."""

from __future__ import annotations

import pytest

from crossfade.jobs.backoff import Backoff, doubled_seconds


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 16.0), (6, 20.0), (7, 20.0), (1_000_000, 20.0)],
)
def test_a_pause_doubles_with_each_attempt_up_to_the_longest(attempt: int, seconds: float) -> None:
    assert doubled_seconds(1.0, attempt, 20.0) == seconds


def test_a_first_pause_over_the_longest_is_cut() -> None:
    assert doubled_seconds(5.0, 1, 3.0) == 3.0


def test_a_pause_of_nothing_stays_nothing() -> None:
    assert [doubled_seconds(0.0, attempt, 3.0) for attempt in (1, 2, 100)] == [0.0, 0.0, 0.0]


def test_pauses_follow_each_other() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.next_seconds() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_reset_begins_with_the_first_pause_again() -> None:
    backoff = Backoff(0.5, 3.0)
    seconds = [backoff.next_seconds() for _ in range(2)]
    backoff.reset()
    assert seconds == [backoff.next_seconds() for _ in range(2)] == [0.5, 1.0]
