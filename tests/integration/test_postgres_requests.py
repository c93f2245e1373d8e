"""Requests of operators: carried out once each, one at a time, by any process that lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from crossfade.errors import Unreachable
from crossfade.events import Event, RequestEnded
from crossfade.operations import work
from crossfade.operations.requests import (
    OperatorRequest,
    Repair,
    RequestState,
    Reveal,
    Unpark,
    Verify,
)
from crossfade.postgres import install, open_pool
from crossfade.postgres.monitoring.requests import PostgresRequests
from support.cancellation import SwallowsCancel
from support.engines.values import Database

LONG = 60.0


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[AsyncConnectionPool]:
    await install(database.dsn, ())
    async with open_pool(database.dsn) as pool:
        yield pool


def worker(pool: AsyncConnectionPool, lease_seconds: float = LONG) -> PostgresRequests:
    return PostgresRequests(pool, lease_seconds)


async def expire(database: Database) -> None:
    """Let a lease run out, as when its worker has died."""
    async with await psycopg.AsyncConnection.connect(database.dsn) as connection:
        await connection.execute("UPDATE crossfade.request SET lease_until = now() - interval '1s'")


async def test_what_was_asked_for_is_kept_as_it_was_asked(pool: AsyncConnectionPool) -> None:
    desk = worker(pool)
    for task in (
        Verify(("session",), is_deep=True),
        Repair(7),
        Unpark("session", ("a", None)),
        Reveal("session", ("a", None)),
    ):
        asked = await desk.ask(task, "ada")
        assert asked.task == task
        assert (asked.requested_by, asked.state) == ("ada", RequestState.WAITING)
        assert await desk.find(asked.id) == asked
    assert [one.kind for one in await desk.newest()] == ["reveal", "unpark", "repair", "verify"]


async def test_a_double_click_asks_once(pool: AsyncConnectionPool) -> None:
    clicks = await asyncio.gather(*(worker(pool).ask(Repair(), "ada") for _ in range(8)))
    assert len({one.id for one in clicks}) == 1
    assert len(await worker(pool).newest()) == 1


async def test_what_has_ended_can_be_asked_for_again(pool: AsyncConnectionPool) -> None:
    desk = worker(pool)
    first = await desk.ask(Repair(), "ada")
    assert await desk.take() is not None
    assert (await desk.ask(Repair(), "eve")).id == first.id
    await desk.end(first.id, RequestState.DONE, "done")
    assert (await desk.ask(Repair(), "eve")).id != first.id


async def test_one_request_is_worked_on_at_a_time(pool: AsyncConnectionPool) -> None:
    desk = worker(pool)
    asked = [await desk.ask(Repair(number), "ada") for number in range(5)]
    done: list[int] = []
    while len(done) < len(asked):
        workers = [worker(pool) for _ in range(6)]
        taken = await asyncio.gather(*(one.take() for one in workers))
        ((mine, number),) = [
            (one, request.id) for one, request in zip(workers, taken, strict=True) if request
        ]
        done.append(number)
        assert await mine.end(number, RequestState.DONE, "done")
    assert done == [one.id for one in asked]


async def test_a_dead_workers_request_is_taken_up_by_another(
    pool: AsyncConnectionPool, database: Database
) -> None:
    asked = await worker(pool).ask(Verify(), "ada")
    dead, alive = worker(pool), worker(pool)
    assert await dead.take() is not None
    assert await alive.take() is None
    await expire(database)
    taken = await alive.take()
    assert taken is not None
    assert (taken.id, taken.attempts) == (asked.id, 2)
    assert not await dead.renew(asked.id, "still here")
    assert not await dead.end(asked.id, RequestState.DONE, "too late")
    assert await alive.end(asked.id, RequestState.DONE, "in time")
    ended = await alive.find(asked.id)
    assert ended is not None
    assert ended.outcome == "in time"


async def test_a_renewed_lease_is_not_taken(pool: AsyncConnectionPool, database: Database) -> None:
    mine = worker(pool)
    asked = await mine.ask(Verify(), "ada")
    await mine.take()
    await expire(database)
    assert await mine.renew(asked.id, "7 rows read")
    assert await worker(pool).take() is None
    assert [one.outcome for one in await mine.newest()] == ["7 rows read"]


async def test_only_what_waits_is_withdrawn(pool: AsyncConnectionPool) -> None:
    desk = worker(pool)
    asked = await desk.ask(Verify(), "ada")
    await desk.take()
    assert not await desk.withdraw(asked.id, "eve")
    await desk.end(asked.id, RequestState.WAITING, None)
    assert await desk.withdraw(asked.id, "eve")
    assert await desk.take() is None
    withdrawn = await desk.find(asked.id)
    assert withdrawn is not None
    assert (withdrawn.state, withdrawn.outcome) == (RequestState.WITHDRAWN, "withdrawn by eve")


async def test_unparking_is_done_at_once_and_recorded(
    pool: AsyncConnectionPool, database: Database
) -> None:
    async with await psycopg.AsyncConnection.connect(database.dsn, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO crossfade.ledger (entity, key, version, xid, dirty_since, "
            "next_attempt_at, parked_reason) SELECT entity, ARRAY[key, NULL], 2, "
            "pg_current_xact_id(), now(), now(), 'TooLarge: 500000 bytes' "
            "FROM unnest(ARRAY['note', 'note', 'other'], ARRAY['a', 'b', 'a']) AS p(entity, key)"
        )
        desk = worker(pool)
        one = await desk.unpark(Unpark("note", ("a", None)), "ada")
        assert (one.state, one.outcome) == (RequestState.DONE, "one key is tried again")
        assert (await desk.unpark(Unpark("note"), "ada")).outcome == "one key is tried again"
        cursor = await connection.execute(
            "SELECT entity FROM crossfade.ledger WHERE parked_reason IS NOT NULL"
        )
        assert await cursor.fetchall() == [("other",)]
        assert (await desk.unpark(Unpark(), "ada")).outcome == "one key is tried again"
        assert [request.requested_by for request in await desk.newest()] == ["ada"] * 3


async def test_what_was_revealed_is_forgotten_in_time(
    pool: AsyncConnectionPool, database: Database
) -> None:
    desk = worker(pool)
    asked = await desk.ask(Reveal("note", ("a",)), "ada")
    await desk.keep_revealed(asked.id, {"row": {"title": "secret"}}, LONG)
    found = await desk.revealed(asked.id)
    assert found is not None
    assert found[0] == {"row": {"title": "secret"}}
    assert found[1] > datetime.now(UTC)
    await desk.keep_revealed(asked.id, {"row": {"title": "secret"}}, -1.0)
    assert await desk.revealed(asked.id) is None
    async with await psycopg.AsyncConnection.connect(database.dsn) as connection:
        cursor = await connection.execute("SELECT count(*) FROM crossfade.revealed")
        assert await cursor.fetchone() == (0,)


async def test_a_step_does_what_was_asked_and_says_how_it_ended(pool: AsyncConnectionPool) -> None:
    events: list[Event] = []

    async def perform(request: OperatorRequest, report: work.Report) -> str:
        report("half of it")
        return f"did {request.kind}"

    parts = work.WorkJob(worker(pool), perform, events.append)
    assert not await work.step(parts)
    asked = await worker(pool).ask(Verify(), "ada")
    assert await work.step(parts)
    ended = await worker(pool).find(asked.id)
    assert ended is not None
    assert (ended.state, ended.outcome) == (RequestState.DONE, "did verify")
    assert [(e.kind, e.state) for e in events if isinstance(e, RequestEnded)] == [
        ("verify", "done")
    ]


async def test_a_failure_is_the_requests_end(pool: AsyncConnectionPool) -> None:
    async def perform(request: OperatorRequest, report: work.Report) -> str:
        report(request.kind)
        raise Unreachable("dynamodb: does not answer")

    asked = await worker(pool).ask(Verify(), "ada")
    assert await work.step(work.WorkJob(worker(pool), perform, lambda _: None))
    ended = await worker(pool).find(asked.id)
    assert ended is not None
    assert ended.state is RequestState.FAILED
    assert ended.outcome == "Unreachable: dynamodb: does not answer"


async def test_the_lease_is_renewed_and_progress_reported_during_long_work(
    pool: AsyncConnectionPool,
) -> None:
    seen = asyncio.Event()

    async def perform(request: OperatorRequest, report: work.Report) -> str:
        report("7 rows read")
        async with asyncio.timeout(60):
            while True:
                now = await worker(pool).find(request.id)
                assert now is not None
                if now.outcome == "7 rows read":
                    seen.set()
                    return "done"
                await asyncio.sleep(0.02)

    await worker(pool).ask(Verify(), "ada")
    assert await work.step(work.WorkJob(worker(pool, 0.3), perform, lambda _: None))
    assert seen.is_set()


async def test_a_step_ends_though_the_renewal_swallows_a_cancellation(
    pool: AsyncConnectionPool,
) -> None:
    desk = SwallowsCancel(worker(pool, 0.003), "renew")

    async def perform(request: OperatorRequest, report: work.Report) -> str:
        report(request.kind)
        await desk.waits.wait()
        return "done"

    asked = await worker(pool).ask(Verify(), "ada")
    async with asyncio.timeout(30):
        assert await work.step(work.WorkJob(desk, perform, lambda _: None))
    ended = await worker(pool).find(asked.id)
    assert ended is not None
    assert ended.outcome == "done"


async def test_a_cancelled_step_gives_its_request_back(pool: AsyncConnectionPool) -> None:
    begun = asyncio.Event()

    async def perform(request: OperatorRequest, report: work.Report) -> str:
        report(request.kind)
        begun.set()
        await asyncio.Event().wait()
        return ""

    asked = await worker(pool).ask(Verify(), "ada")
    step = asyncio.create_task(work.step(work.WorkJob(worker(pool), perform, lambda _: None)))
    await begun.wait()
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    taken = await worker(pool).take()
    assert taken is not None
    assert (taken.id, taken.attempts) == (asked.id, 1)


async def test_a_request_that_ends_its_workers_is_given_up(
    pool: AsyncConnectionPool, database: Database
) -> None:
    async def perform(request: OperatorRequest, report: work.Report) -> str:
        report(request.kind)
        return "not reached"

    asked = await worker(pool).ask(Verify(), "ada")
    for _ in range(3):
        assert await worker(pool).take() is not None
        await expire(database)
    assert await work.step(work.WorkJob(worker(pool), perform, lambda _: None))
    ended = await worker(pool).find(asked.id)
    assert ended is not None
    assert ended.state is RequestState.FAILED
    assert str(ended.outcome).startswith("given up")
