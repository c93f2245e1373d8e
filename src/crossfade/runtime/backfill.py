"""The composition root of the backfill: wires the rooms into what copies rows, holds no logic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

from crossfade import dynamo
from crossfade.backfill import copy
from crossfade.backfill.insert import Inserter
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
from crossfade.runtime.migration import Migration, dynamo_config
from crossfade.settings import Settings

CENSUS_SECONDS = 3600.0
"""A census may read whole columns of a table."""


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """How one process backfills.

    Attributes:
        write_units: DynamoDB's write units a second; None: found by trying.
        rows_max: rows to look at; None: all.
        restart: forget how far an earlier backfill came.
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
    """Connect to tables that nothing may be installed on yet, and to what cuts them into windows.

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
        The entities that cannot be planned, since their tables have changed.

    Raises:
        ConfigurationError: not every write to the tables is captured.
        Unavailable: PostgreSQL cannot be reached.
    """
    if options.restart:
        await windows.forget()
    altered = SkipList(lambda _: None)
    await altered.around(windows.check)
    await altered.around(windows.plan)
    return altered.left_out


@asynccontextmanager
async def open_backfill(
    settings: Settings,
    migration: Migration,
    windows: PostgresWindows,
    options: BackfillOptions,
    stop: asyncio.Event,
) -> AsyncIterator[copy.BackfillJob]:
    """Return what `backfill.copy.run` works with in this process.

    Its client repeats nothing itself, so that throttling is felt at once.
    """
    client = dynamo.connect(replace(dynamo_config(settings), attempts_max=1))
    try:
        pace = Pace(pace_options(options.write_units), monotonic())
        table = dynamo.Target(client, settings.dynamodb_table_name)
        with migration.vitals.pulse.running_job("backfill"):
            yield copy.BackfillJob(
                windows=windows,
                courier=partial(_courier, migration.route, table, pace),
                mark=windows.mark,
                observe=migration.route.observe,
                stop=stop,
                quota=copy.Quota(options.rows_max),
                limits=copy.Limits(
                    page_rows=settings.backfill_page_rows,
                    renew_seconds=settings.backfill_lease_seconds / 3,
                    standstill_seconds=settings.backfill_standstill_seconds,
                ),
            )
    finally:
        await client.close()


def _courier(route: delivery.Route, table: dynamo.Target, pace: Pace) -> copy.BatchWriter:
    """Return what writes one lane's rows, at the pace of all lanes, and counts its own."""
    target = PacedTarget(table, pace)
    put = partial(delivery.send, replace(route, target=target, worker="backfill"))
    inserter = Inserter(route.codecs, target, route.target_breaker, route.observe, put)
    return copy.BatchWriter(inserter.send, target.counts)
