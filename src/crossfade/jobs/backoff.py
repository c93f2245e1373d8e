"""Exponential backoff: pauses that double up to a maximum. Pure."""

from __future__ import annotations

_DOUBLINGS_MAX = 60
"""Further doublings would only overflow a float."""


def doubled_seconds(first_seconds: float, attempt: int, longest_seconds: float) -> float:
    """Return the pause after an attempt: first, 2 x first, 4 x first, … at most the maximum.

    Args:
        first_seconds: the pause after the first attempt.
        attempt: the attempt that failed, 1 for the first.
        longest_seconds: the maximum.
    """
    return min(longest_seconds, first_seconds * 2.0 ** min(attempt - 1, _DOUBLINGS_MAX))


class Backoff:
    """The pauses of one job.

    Args:
        first_seconds: the first pause.
        longest_seconds: the maximum.
    """

    __slots__ = ("_attempts", "_first_seconds", "_longest_seconds")

    def __init__(self, first_seconds: float, longest_seconds: float) -> None:
        self._first_seconds = first_seconds
        self._longest_seconds = longest_seconds
        self._attempts = 0

    def next_seconds(self) -> float:
        """Return the next pause, twice as long as the one before."""
        self._attempts += 1
        return doubled_seconds(self._first_seconds, self._attempts, self._longest_seconds)

    def reset(self) -> None:
        """Restart with the first pause."""
        self._attempts = 0
