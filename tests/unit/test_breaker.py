"""The breaker: when it opens, how it tries again, what it does not count."""

from __future__ import annotations

import pytest

from crossfade.errors import BreakerOpen, Contended, Rejected, Throttled, Unreachable
from crossfade.events import BreakerClosed, BreakerOpened, Event
from crossfade.jobs.breaker import Breaker, BreakerOptions


class Clock:
    """Seconds that pass when a test adds them."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Store:
    """Counts calls and answers each with the error that a test sets, or with none."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: Exception | None = None

    async def __call__(self) -> str:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return "done"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def breaker(clock: Clock, events: list[Event]) -> Breaker:
    options = BreakerOptions(failures_max=3, pause_seconds=1.0, pause_seconds_max=3.0)
    return Breaker("dynamodb", options, events.append, clock)


async def fail(breaker: Breaker, store: Store, error: Exception, times: int) -> None:
    store.error = error
    for _ in range(times):
        with pytest.raises(type(error)):
            await breaker.call(store)


async def test_opens_after_failures_in_a_row_and_calls_no_more(
    breaker: Breaker, events: list[Event]
) -> None:
    store = Store()
    await fail(breaker, store, Unreachable("down"), 3)
    with pytest.raises(BreakerOpen):
        await breaker.call(store)
    assert store.calls == 3
    assert events == [BreakerOpened("dynamodb", Unreachable, "down", 1.0)]


async def test_a_success_between_failures_starts_the_count_again(breaker: Breaker) -> None:
    store = Store()
    await fail(breaker, store, Unreachable("down"), 2)
    store.error = None
    assert await breaker.call(store) == "done"
    await fail(breaker, store, Unreachable("down"), 2)
    assert not breaker.is_open


async def test_tries_with_one_call_after_the_pause(breaker: Breaker, clock: Clock) -> None:
    store = Store()
    await fail(breaker, store, Unreachable("down"), 3)
    clock.now += 1.0

    async def trial() -> str:
        with pytest.raises(BreakerOpen):
            await breaker.call(store)
        return "trial"

    assert await breaker.call(trial) == "trial"
    assert store.calls == 3


async def test_each_failed_trial_doubles_the_pause_up_to_its_limit(
    breaker: Breaker, clock: Clock
) -> None:
    store = Store()
    await fail(breaker, store, Unreachable("down"), 3)
    waits = []
    for _ in range(3):
        clock.now += breaker.wait_seconds
        await fail(breaker, store, Unreachable("down"), 1)
        waits.append(breaker.wait_seconds)
    assert waits == [2.0, 3.0, 3.0]


async def test_closes_when_the_trial_succeeds(
    breaker: Breaker, clock: Clock, events: list[Event]
) -> None:
    store = Store()
    await fail(breaker, store, Unreachable("down"), 3)
    clock.now += 1.0
    store.error = None
    await breaker.call(store)
    assert not breaker.is_open
    assert events[-1] == BreakerClosed("dynamodb")


async def test_a_trial_that_is_rejected_shows_a_store_that_is_alive(
    breaker: Breaker, clock: Clock
) -> None:
    store = Store()
    await fail(breaker, store, Unreachable("down"), 3)
    clock.now += 1.0
    await fail(breaker, store, Rejected("no"), 1)
    assert not breaker.is_open


async def test_calls_under_way_when_it_opened_do_not_prolong_the_pause(breaker: Breaker) -> None:
    store = Store()

    async def late() -> str:
        await fail(breaker, store, Unreachable("down"), 3)
        raise Unreachable("also down")

    with pytest.raises(Unreachable):
        await breaker.call(late)
    assert breaker.wait_seconds == 1.0


@pytest.mark.parametrize("error", [Throttled("slow down"), Contended("busy"), Rejected("no")])
async def test_a_store_that_answers_is_alive(breaker: Breaker, error: Exception) -> None:
    await fail(breaker, Store(), error, 10)
    assert not breaker.is_open
