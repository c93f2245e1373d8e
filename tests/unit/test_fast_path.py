"""The fast path: bounded, each row once, answers callers that wait, drains."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from crossfade.errors import Unreachable
from crossfade.events import Event, PushSkipped
from crossfade.jobs.breaker import Breaker, BreakerOptions
from crossfade.jobs.loop import Pauses, forever
from crossfade.mapping.state import Key, Row
from crossfade.relay.fast_path import FastPath


class Ledger:
    """One dirty key a row, until it is delivered."""

    def __init__(self) -> None:
        self.delivered: list[Key] = []
        self.refused: set[Key] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def dirty_keys_of(self, rows: Sequence[Row]) -> Sequence[Key]:
        if self.failure is not None:
            raise self.failure
        return [Key(row.entity, (*row.primary_key, "owner")) for row in rows]

    async def deliver(self, keys: Sequence[Key]) -> frozenset[Key]:
        await self.gate.wait()
        self.delivered += keys
        return frozenset(keys) - self.refused


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def breaker(events: list[Event]) -> Breaker:
    return Breaker("dynamodb", BreakerOptions(failures_max=1, pause_seconds=60), events.append)


@pytest.fixture
def path(ledger: Ledger, breaker: Breaker, events: list[Event]) -> FastPath:
    return FastPath(
        ledger.dirty_keys_of, ledger.deliver, breaker, events.append, rows_max=3, batch_rows_max=2
    )


@asynccontextmanager
async def running(path: FastPath, events: list[Event]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            forever("push", path.step, asyncio.Event(), events.append, Pauses())
        )
        yield
        task.cancel()


def row(number: int) -> Row:
    return Row("campaign", (str(number),))


async def test_delivers_what_it_was_offered(
    path: FastPath, ledger: Ledger, events: list[Event]
) -> None:
    async with running(path, events):
        path.offer(row(1))
        assert await path.drain(5)
    assert ledger.delivered == [Key("campaign", ("1", "owner"))]


async def test_a_row_offered_twice_waits_once(path: FastPath, ledger: Ledger) -> None:
    path.offer(row(1))
    path.offer(row(1))
    await path.step()
    assert len(ledger.delivered) == 1


async def test_a_full_queue_leaves_rows_to_the_relay(path: FastPath, events: list[Event]) -> None:
    assert [path.offer(row(number)) for number in range(4)] == [True, True, True, False]
    assert events == [PushSkipped("campaign", "queue full")]
    assert path.offer(row(0)), "a row that waits already takes no further room"


async def test_an_open_breaker_leaves_rows_to_the_relay(
    path: FastPath, breaker: Breaker, events: list[Event]
) -> None:
    async def down() -> None:
        raise Unreachable("down")

    with pytest.raises(Unreachable):
        await breaker.call(down)
    assert not path.offer(row(1))
    assert not await path.offer_and_wait(row(1), 5)
    assert events[-1] == PushSkipped("campaign", "breaker open")


async def test_waiting_returns_whether_the_target_holds_the_row(
    path: FastPath, ledger: Ledger, events: list[Event]
) -> None:
    ledger.refused = {Key("campaign", ("2", "owner"))}
    async with running(path, events):
        assert await path.offer_and_wait(row(1), 5)
        assert not await path.offer_and_wait(row(2), 5)


async def test_waiting_ends_at_its_deadline_and_delivery_continues(
    path: FastPath, ledger: Ledger, events: list[Event]
) -> None:
    ledger.gate.clear()
    async with running(path, events):
        assert not await path.offer_and_wait(row(1), 0.01)
        assert not await path.drain(0.01)
        ledger.gate.set()
        assert await path.drain(5)
    assert len(ledger.delivered) == 1


async def test_an_unavailable_source_is_reported_and_answered(
    path: FastPath, ledger: Ledger, events: list[Event]
) -> None:
    ledger.failure = Unreachable("no route")
    async with running(path, events):
        assert not await path.offer_and_wait(row(1), 5)
    assert events == [PushSkipped("campaign", "source unavailable")]


async def test_a_step_that_breaks_answers_those_that_wait_and_is_repeated(
    path: FastPath, ledger: Ledger, events: list[Event]
) -> None:
    ledger.failure = ValueError("a secret value")
    async with running(path, events):
        assert not await path.offer_and_wait(row(1), 5)
    (failed,) = events
    assert "a secret value" not in str(failed)
