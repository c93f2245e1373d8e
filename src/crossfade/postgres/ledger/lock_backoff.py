"""Backoff of keys that a writer's open transaction has locked.

Their acknowledgement finds the ledger row locked, so that they stay dirty. Without a pause they
would be due again at once, before every younger key, until that transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crossfade.jobs.backoff import doubled_seconds
from crossfade.mapping.state import Key


@dataclass(frozen=True, slots=True)
class _Pause:
    until: float
    attempt: int


class LockBackoff:
    """Pauses of keys, doubling with each acknowledgement that finds the key locked again.

    Args:
        base_seconds: the first pause.
        max_seconds: the longest pause; a key that is not reported for this time is forgotten.
        keys_max: the highest number of paused keys; further keys are not paused.
    """

    def __init__(self, base_seconds: float, max_seconds: float, keys_max: int) -> None:
        self._base_seconds = base_seconds
        self._max_seconds = max_seconds
        self._keys_max = keys_max
        self._pauses: dict[Key, _Pause] = {}

    def paused(self, now: float) -> list[Key]:
        """Return the keys that are paused at a time, in seconds."""
        self._pauses = {
            key: pause
            for key, pause in self._pauses.items()
            if pause.until + self._max_seconds > now
        }
        return [key for key, pause in self._pauses.items() if pause.until > now]

    def note(self, keys: Iterable[Key], locked: frozenset[Key], now: float) -> None:
        """Record an acknowledgement of keys: pause those that were locked, forget the others."""
        for key in keys:
            known = self._pauses.pop(key, None)
            if key in locked and len(self._pauses) < self._keys_max:
                attempt = known.attempt + 1 if known else 1
                seconds = doubled_seconds(self._base_seconds, attempt, self._max_seconds)
                self._pauses[key] = _Pause(now + seconds, attempt)
