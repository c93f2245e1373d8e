"""Pages and counts of ten million findings, with every filter that the dashboard offers.

The findings belong to ten entities and a rare one, with two causes for each verdict; every eleventh
is open. Each figure is the slowest of three answers after a first one; the server's CPU is the time
of a page on a machine without other load.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import psycopg
from psycopg_pool import AsyncConnectionPool

from bench.capture import cpu_us_of
from bench.core import Options, Row
from bench.services import engines, make_workspace
from crossfade.parity.model import Cause, Verdict
from crossfade.postgres import PoolOptions, open_pool
from crossfade.postgres.monitoring.finding_lists import FindingFilter, PostgresFindingLists

NAME = "findings"
FINDINGS = 10_000_000
ANSWER_MS_MAX = 100
REPEATS = 3
VERDICTS = [verdict for verdict in Verdict if verdict.is_drift]
NEWEST = datetime(2026, 3, 1, tzinfo=UTC)
FILL = """
INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run, first_seen,
                               last_seen, closed_at, closed_by)
SELECT CASE WHEN number %% 100000 = 0 THEN 'rare' ELSE 'entity' || number %% 10 END,
       ARRAY[md5(number::text), 'part'],
       (%(verdicts)s::text[])[1 + number / 7 %% 8],
       (%(causes)s::text[])[1 + (number / 7 + number / 70 %% 2) %% 8],
       1, 1, seen, seen, CASE WHEN number %% 11 > 0 THEN seen END,
       CASE WHEN number %% 11 > 0 THEN 'run 2' END
FROM generate_series(1, %(findings)s) AS number
CROSS JOIN LATERAL (
    SELECT %(newest)s::timestamptz - interval '14 days' * (1 - number / %(findings)s::float) AS seen
) AS at
ORDER BY number
"""


async def run(options: Options) -> list[Row]:
    """Fill a database with findings, then list them with every filter."""
    findings = options.operations(FINDINGS)
    async with engines() as services:
        workspace = await make_workspace(services, "findings")
        await _fill(workspace.dsn, findings)
        async with open_pool(workspace.dsn, PoolOptions(connections_max=1)) as pool:
            return await _measure(pool, findings)


async def _fill(dsn: str, findings: int) -> None:
    """Insert the findings without the secondary indexes, then build these."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        cursor = await connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'crossfade' "
            "AND tablename = 'finding' AND indexname <> 'finding_pkey'"
        )
        indexes = await cursor.fetchall()
        for name, _ in indexes:
            await connection.execute(f"DROP INDEX crossfade.{name}".encode())
        verdicts = [verdict.value for verdict in VERDICTS]
        causes = [cause.value for cause in Cause]
        parameters = {
            "findings": findings,
            "newest": NEWEST,
            "verdicts": verdicts,
            "causes": causes,
        }
        await connection.execute(FILL, parameters)
        for _, definition in indexes:
            await connection.execute(definition.encode())
        await connection.execute("VACUUM ANALYZE crossfade.finding")


async def _measure(pool: AsyncConnectionPool, findings: int) -> list[Row]:
    lists = PostgresFindingLists(pool)
    async with pool.connection() as connection:
        backend = connection.info.backend_pid
    group = f"Lists of {findings:,} findings, milliseconds; required: at most {ANSWER_MS_MAX}"
    rows = []
    for name, chosen in _filters():
        deep = await _deep_cursor(lists, chosen, findings)
        figures = {
            "server's cpu of a page": await _cpu_ms(
                backend, partial(lists.page, chosen, after=deep)
            ),
            "first page": await _slowest(partial(lists.page, chosen)),
            "deep page": await _slowest(partial(lists.page, chosen, after=deep)),
            "page before": await _slowest(partial(lists.page, chosen, before=deep)),
            "count to 10,000": await _slowest(partial(lists.count, chosen)),
        }
        rows.append(Row(group, name, figures))
    return rows


async def _deep_cursor(lists: PostgresFindingLists, chosen: FindingFilter, findings: int) -> int:
    """Return the id of a finding far from the beginning of a list."""
    if chosen.key_prefix is None:
        return int(findings * 0.85)
    return (await lists.page(FindingFilter(key_prefix=f"{chosen.key_prefix}8"))).findings[0].id


def _filters() -> Iterator[tuple[str, FindingFilter]]:
    """Yield every combination of filters that a page offers."""
    orders = {
        "": FindingFilter(),
        "since": FindingFilter(since=NEWEST - timedelta(days=3)),
        "key prefix": FindingFilter(key_prefix="a"),
    }
    entities, verdicts, causes = (None, "entity3", "rare"), (None, VERDICTS[2]), (None, *Cause)[:2]
    for (order, base), entity, verdict, cause, is_open in product(
        orders.items(), entities, verdicts, causes, (None, True)
    ):
        chosen = {"entity": entity, "verdict": verdict, "cause": cause, "open": is_open}
        name = ", ".join([order] * bool(order) + [key for key, value in chosen.items() if value])
        name = name.replace("entity", "rare entity") if entity == "rare" else name
        yield (
            name or "no filter",
            replace(base, entity=entity, verdict=verdict, cause=cause, is_open=is_open),
        )


async def _cpu_ms(backend: int, read: Callable[[], Awaitable[object]]) -> float:
    await read()
    began = cpu_us_of(backend)
    for _ in range(REPEATS):
        await read()
    return (cpu_us_of(backend) - began) / REPEATS / 1000


async def _slowest(read: Callable[[], Awaitable[object]]) -> float:
    await read()
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        await read()
        taken.append(time.perf_counter() - began)
    return max(taken) * 1000
