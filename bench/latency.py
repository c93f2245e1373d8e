"""Latency from commit to target at a steady rate of writes, with and without the fast path.

Writers update campaigns with plain SQL at a fixed rate; the target is wrapped to record the time at
which it has each revision. DynamoDB is a null server, because local engines process fewer writes
per second than this benchmark makes.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import defaultdict, deque
from contextlib import AsyncExitStack
from dataclasses import replace

from psycopg_pool import AsyncConnectionPool

from bench.core import Options, Row, percentile
from bench.dynamo_null import null_server
from bench.services import Workspace, engines, make_workspace
from campaigns.mapping import APPLICATION
from crossfade.events import Event
from crossfade.ports import Item, Target
from crossfade.runtime.migration import Migration, open_migration

NAME = "latency"
WRITES_PER_SECOND = 500
SECONDS = 10
CAMPAIGNS = 400


class TimedTarget:
    """A target that records when it has each revision of a campaign.

    Attributes:
        took_ms: the milliseconds from commit to target, one per revision.
        done: set while the target has every committed revision.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._waiting: dict[str, deque[tuple[int, float]]] = defaultdict(deque)
        self._arrived: dict[str, int] = defaultdict(int)
        self.took_ms: list[float] = []
        self.done = asyncio.Event()

    def committed(self, campaign: str, revision: int) -> None:
        """Record that a revision was committed now."""
        self._waiting[campaign].append((revision, time.perf_counter()))
        self.done.clear()
        self._settle(campaign)  # a relay may have delivered it before this task ran again

    async def put(self, item: Item, version: int) -> Item | None:
        """Write the item, then record the revisions that the target has now."""
        newer = await self._target.put(item, version)
        arrived = (newer or item).get("revision")
        if arrived is not None:
            campaign, revision = item["id"]["S"], int(arrived["N"])
            self._arrived[campaign] = max(revision, self._arrived[campaign])
            self._settle(campaign)
        return newer

    def _settle(self, campaign: str) -> None:
        waiting, now = self._waiting[campaign], time.perf_counter()
        while waiting and waiting[0][0] <= self._arrived[campaign]:
            self.took_ms.append((now - waiting.popleft()[1]) * 1000)
        if not any(self._waiting.values()):
            self.done.set()


async def run(options: Options) -> list[Row]:
    """Measure with the fast path, then with the relay alone."""
    async with engines() as services, null_server() as port:
        endpoint = f"http://127.0.0.1:{port}"
        fast = await make_workspace(services, "fast", endpoint=endpoint)
        slow = await make_workspace(
            services, "slow", endpoint=endpoint, relay_grace_seconds=0.0, relay_idle_seconds=0.05
        )
        seconds = 2 if options.quick else SECONDS
        return [
            await _measure(fast, "fast path", seconds, pushing=True),
            await _measure(slow, "relay alone, polling", seconds, pushing=False),
        ]


async def _measure(workspace: Workspace, name: str, seconds: int, *, pushing: bool) -> Row:
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(
            open_migration(workspace.settings, APPLICATION, _ignore)
        )
        timed = TimedTarget(opened.route.target)
        migration = Migration(
            opened.resources,
            APPLICATION,
            replace(opened.route, target=timed),
            opened.heartbeat,
        )
        await stack.enter_async_context(migration.running())
        stop = asyncio.Event()
        relay = asyncio.create_task(migration.run_relay(stop))
        pool = await stack.enter_async_context(
            AsyncConnectionPool(workspace.dsn, min_size=8, max_size=8, open=False)
        )
        ids = await _fill(pool)
        while await migration.relay_step():
            pass
        cpu_started = time.process_time()
        await _write_steadily(pool, timed, ids, seconds, migration if pushing else None)
        async with asyncio.timeout(60):
            await timed.done.wait()
        cpu_ms = (time.process_time() - cpu_started) * 1000
        stop.set()
        await relay
    return Row(
        f"commit to target, {WRITES_PER_SECOND} writes/s for {seconds} s",
        name,
        {
            "p50 ms": percentile(timed.took_ms, 0.5),
            "p99 ms": percentile(timed.took_ms, 0.99),
            "writes": len(timed.took_ms),
            "cpu ms/write": cpu_ms / len(timed.took_ms),
        },
        note="CPU of this process: writers, relay and fast path",
    )


async def _fill(pool: AsyncConnectionPool) -> list[str]:
    async with pool.connection() as connection:
        await connection.execute(
            "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
        )
        cursor = await connection.execute(
            "INSERT INTO campaigns (user_id, slug, name, updated_at) "
            "SELECT 'u', 's' || n, 'Low tide', now() FROM generate_series(1, %s) AS n "
            "RETURNING id::text",
            (CAMPAIGNS,),
        )
        return [row[0] for row in await cursor.fetchall()]


async def _write_steadily(
    pool: AsyncConnectionPool,
    timed: TimedTarget,
    ids: list[str],
    seconds: int,
    migration: Migration | None,
) -> None:
    """Start a write every 2 ms, even if earlier ones have not ended."""
    started = time.perf_counter()
    writes = []
    for number, campaign in zip(range(WRITES_PER_SECOND * seconds), itertools.cycle(ids)):
        due = started + number / WRITES_PER_SECOND
        if (pause := due - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        writes.append(asyncio.create_task(_write(pool, timed, campaign, migration)))
    await asyncio.gather(*writes)


async def _write(
    pool: AsyncConnectionPool, timed: TimedTarget, campaign: str, migration: Migration | None
) -> None:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "UPDATE campaigns SET revision = revision + 1 WHERE id = %s RETURNING revision",
            (campaign,),
        )
        ((revision,),) = await cursor.fetchall()
    timed.committed(campaign, revision)
    if migration is not None:
        await migration.push("campaign", campaign)


def _ignore(event: Event) -> None:
    del event
