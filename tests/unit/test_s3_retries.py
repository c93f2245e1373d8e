"""Repeating calls: how often, how long, and when not."""

from __future__ import annotations

import asyncio

import pytest

from crossfade.errors import AccessDenied, CrossfadeError, ServerFault, Throttled, TimedOut
from crossfade.s3.retries import RetryPolicy, pause_seconds, retry

POLICY = RetryPolicy(
    timeout_seconds=30, attempt_timeout_seconds=30, attempts_max=4, backoff_seconds=0
)


class Calls:
    """A call that fails with each of these in turn, and then succeeds."""

    def __init__(self, *failures: CrossfadeError) -> None:
        self.count = 0
        self._failures = list(failures)

    async def __call__(self) -> int:
        self.count += 1
        if self._failures:
            raise self._failures.pop(0)
        return self.count


async def test_a_call_is_repeated_until_it_succeeds() -> None:
    assert await retry("put", Calls(ServerFault(), Throttled(), TimedOut()), POLICY) == 4


async def test_the_last_failure_is_raised_when_the_attempts_are_used_up() -> None:
    calls = Calls(ServerFault("1"), ServerFault("2"), ServerFault("3"), Throttled("4"))

    with pytest.raises(Throttled, match="4"):
        await retry("put", calls, POLICY)

    assert calls.count == 4


async def test_a_failure_that_would_repeat_itself_is_raised_at_once() -> None:
    calls = Calls(AccessDenied())

    with pytest.raises(AccessDenied):
        await retry("put", calls, POLICY)

    assert calls.count == 1


async def test_an_attempt_that_hangs_is_ended_and_repeated() -> None:
    count = 0

    async def hang_once() -> str:
        nonlocal count
        count += 1
        if count == 1:
            await asyncio.Event().wait()
        return "done"

    policy = RetryPolicy(30, attempt_timeout_seconds=0.01, attempts_max=2, backoff_seconds=0)

    assert await retry("put", hang_once, policy) == "done"


async def test_no_pause_reaches_over_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the longest of its random pauses the first failure is raised, not slept on."""
    monkeypatch.setattr("random.uniform", lambda _shortest, longest: longest)
    calls = Calls(*[ServerFault()] * 3)
    policy = RetryPolicy(1, attempt_timeout_seconds=1, attempts_max=4, backoff_seconds=1e9)

    with pytest.raises(ServerFault):
        await retry("put", calls, policy)

    assert calls.count == 1


def test_pauses_double_and_are_random() -> None:
    policy = RetryPolicy(60, 1, 9, backoff_seconds=0.1)

    for attempts, longest in enumerate([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8], 1):
        pauses = {pause_seconds(attempts, policy) for _ in range(100)}
        assert longest / 2 < max(pauses) <= longest
        assert len(pauses) > 50
