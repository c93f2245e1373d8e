"""The composition root of the backfill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

from crossfade import dynamo
from crossfade.backfill.copy import BackfillJob, Limits, Quota
from crossfade.backfill.insert import BatchWriter
from crossfade.backfill.paced_target import PacedTarget
from crossfade.backfill.rate import Pace, pace_options
from crossfade.jobs.skipped import SkippedEntity
from crossfade.jobs.skipping import SkipList
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.postgres import (
    PoolOptions,
    PostgresCensus,
    PostgresWindows,
    WindowOptions,
    open_pool,
)
from crossfade.relay import delivery
from crossfade.runtime.migration import Migration
from crossfade.runtime.resources import dynamo_config
from crossfade.settings import Settings

WORKERS = 2
"""Windows that one process copies at once."""
CENSUS_SECONDS = 3600.0
"""A census may read whole columns of a table."""


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """How one process backfills.

    Attributes:
        write_units: DynamoDB's write units a second; None: found by throttling.
        rows_max: rows to read; None: all.
        restart: forget the progress of an earlier backfill.
    """

    write_units: float | None = None
    rows_max: int | None = None
    restart: bool = False


@asynccontextmanager
async def open_windows(
    settings: Settings, mappings: Sequence[Mapping]
) -> AsyncIterator[PostgresWindows]:
    """Connect to the state of the backfill of some mappings.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    options = WindowOptions(
        window_rows=settings.backfill_window_rows, lease_seconds=settings.backfill_lease_seconds
    )
    pool_options = PoolOptions(statement_seconds=options.answer_seconds)
    async with open_pool(settings.dsn, pool_options) as pool:
        yield PostgresWindows(pool, mappings, options)


@asynccontextmanager
async def open_census(
    settings: Settings, mappings: Sequence[Mapping]
) -> AsyncIterator[tuple[PostgresCensus, PostgresWindows]]:
    """Connect to tables on which nothing may be installed yet, and to their windows.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    options = WindowOptions(window_rows=settings.backfill_page_rows)
    pool_options = PoolOptions(statement_seconds=CENSUS_SECONDS)
    async with open_pool(settings.dsn, pool_options) as pool:
        yield (
            PostgresCensus(pool, mappings, CENSUS_SECONDS),
            PostgresWindows(pool, mappings, options),
        )


async def plan_backfill(
    windows: PostgresWindows, options: BackfillOptions
) -> tuple[SkippedEntity, ...]:
    """Plan the windows, unless they are planned.

    Returns:
        The entities that cannot be planned because their tables have changed.

    Raises:
        ConfigurationError: not every write to the tables is captured.
        Unavailable: PostgreSQL cannot be reached.
    """
    if options.restart:
        await windows.forget()
    skips = SkipList(lambda _: None)
    await skips.run(windows.check)
    await skips.run(windows.plan)
    return skips.skipped


@asynccontextmanager
async def open_backfill(
    settings: Settings,
    migration: Migration,
    windows: PostgresWindows,
    options: BackfillOptions,
    stop: asyncio.Event,
) -> AsyncIterator[BackfillJob]:
    """Open this process's part of a backfill, for `backfill.copy.run`.

    Its DynamoDB client does not retry, so that throttling lowers the rate at once.
    """
    client = dynamo.connect(replace(dynamo_config(settings), attempts_max=1))
    try:
        table = dynamo.Target(client, settings.dynamodb_table_name)
        pace = Pace(pace_options(options.write_units), monotonic())
        with migration.heartbeat.running_job("backfill"):
            yield BackfillJob(
                windows=windows,
                writers=[_writer(migration.route, table, pace) for _ in range(WORKERS)],
                mark=windows.mark,
                observe=migration.route.observe,
                stop=stop,
                quota=Quota(options.rows_max),
                limits=Limits(
                    page_rows=settings.backfill_page_rows,
                    renew_seconds=settings.backfill_lease_seconds / 3,
                    standstill_seconds=settings.backfill_standstill_seconds,
                ),
            )
    finally:
        await client.close()


def _writer(route: delivery.Route, table: dynamo.Target, pace: Pace) -> BatchWriter:
    """Return the writer of one worker; all share the pace, and each counts its own writes."""
    target = PacedTarget(table, pace)
    return BatchWriter(
        codecs=route.codecs,
        target=target,
        breaker=route.target_breaker,
        observe=route.observe,
        put=partial(delivery.send, replace(route, target=target, worker="backfill")),
    )
