"""Backfill of existing rows: CPU, rows per second and memory, compared with typical scripts.

Each round of each variant is a separate process, on the same table in turn; DynamoDB is a null
server that answers at once. The scripts read through a named cursor, make the same item of each row
(without a version) and put it: with boto3's batch_writer, which overwrites existing items, or one
by one under a condition, which a script needs if it runs beside an application.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import psycopg
import uvloop
from psycopg.rows import dict_row

from bench.core import Options, Row
from bench.dynamo_null import null_server
from bench.services import Workspace, engines, make_workspace
from campaigns.mapping import APPLICATION
from crossfade.backfill import copy as backfill
from crossfade.cli.console import tune_gc
from crossfade.postgres import install
from crossfade.runtime.backfill import BackfillOptions, open_backfill, open_windows, plan_backfill
from crossfade.runtime.migration import open_migration
from crossfade.settings import load_settings

NAME = "backfill"
GROUP = "Backfill of campaigns, 23 columns"
ROWS = 20_000
ROWS_MANY = 100_000
CHILD_ROUNDS_MAX = 3
OURS = "crossfade"
OVERWRITING = "boto3 batch_writer, overwrites"
SLOWEST = "boto3 put_item, conditional"
LONG_TEXT = "Nobody heard the bell. " * 15
SHORT_TEXT = "Nobody heard."
RATIO_REQUIRED = 6.0
GROWTH_REQUIRED = 1.2


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources that one process used for all rows.

    Attributes:
        cpu_us: CPU microseconds per row.
        rows_per_second: by wall time.
        peak_mb: the growth of the peak memory, in MB.
    """

    cpu_us: float
    rows_per_second: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class ProcessUsage(Usage):
    """The same, and the peak memory of the whole process, in MB."""

    whole_mb: float


async def run(options: Options) -> list[Row]:
    """Measure every variant on a small table, and memory on a larger one."""
    rows = options.operations(ROWS)
    async with engines() as services, null_server() as port:
        workspace = await make_workspace(
            services, "backfill", capture=False, endpoint=f"http://127.0.0.1:{port}"
        )
        await _fill(workspace, rows)
        found = await _rounds(workspace, min(options.rounds, CHILD_ROUNDS_MAX), rows)
        result = [_row(f"{name}, {rows:,} rows", usage) for name, usage in found.items()]
        ours = found[OURS].cpu_us
        result += [
            Row(
                GROUP,
                f"{name} / crossfade",
                {"times the cpu": usage.cpu_us / ours},
                f"required: at least {RATIO_REQUIRED:g}",
            )
            for name, usage in found.items()
            if name != OURS
        ]
        if not options.quick:
            await _fill(workspace, ROWS_MANY)
            many = {
                name: await _child(workspace, name, ROWS_MANY)
                for name in VARIANTS
                if name != SLOWEST
            }
            result += [_row(f"{name}, {ROWS_MANY:,} rows", usage) for name, usage in many.items()]
        if options.rows:
            result += await _memory(workspace, options.rows)
    return result


async def _memory(workspace: Workspace, rows: int) -> list[Row]:
    """Measure the memory of Crossfade on narrow rows, for two numbers of rows."""
    usages: list[ProcessUsage] = []
    for count in (ROWS_MANY, rows):
        await _fill(workspace, count, SHORT_TEXT)
        usages.append(await _child(workspace, OURS, count))
    few, many = usages
    grown = Row(
        GROUP,
        f"peak of {rows:,} / {ROWS_MANY:,} rows",
        {"times the memory": many.whole_mb / few.whole_mb},
        f"required: at most {GROWTH_REQUIRED:g}",
    )
    counts = (f"{ROWS_MANY:,}", f"{rows:,}")
    named = (f"{OURS}, {count} narrow rows" for count in counts)
    return [*map(_row, named, usages), grown]


def _row(variant: str, usage: ProcessUsage) -> Row:
    return Row(
        GROUP,
        variant,
        {
            "cpu µs/row": usage.cpu_us,
            "rows/s": usage.rows_per_second,
            "peak MB added": usage.peak_mb,
            "peak MB": usage.whole_mb,
        },
    )


async def _fill(workspace: Workspace, rows: int, description: str = LONG_TEXT) -> None:
    """Fill the table with rows that are not in the ledger, then install the capture."""
    async with await psycopg.AsyncConnection.connect(workspace.dsn, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA IF EXISTS crossfade CASCADE")
        await connection.execute("TRUNCATE campaigns CASCADE")
        await connection.execute(
            "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now()) "
            "ON CONFLICT DO NOTHING"
        )
        await connection.execute(
            "INSERT INTO campaigns (user_id, slug, name, description, tags, updated_at) "
            "SELECT 'u', 'c' || n, 'The lighthouse at the end of the salt road', "
            "%s, ARRAY['sea', 'bells'], now() FROM generate_series(1, %s) AS n",
            (description, rows),
        )
        await connection.execute("VACUUM ANALYZE campaigns")
    await install(workspace.dsn, APPLICATION.mappings)


async def _rounds(workspace: Workspace, rounds: int, rows: int) -> dict[str, ProcessUsage]:
    samples: dict[str, list[ProcessUsage]] = {name: [] for name in VARIANTS}
    for _ in range(rounds):
        for name in VARIANTS:
            samples[name].append(await _child(workspace, name, rows))
    return {
        name: ProcessUsage(
            statistics.median(one.cpu_us for one in usages),
            statistics.median(one.rows_per_second for one in usages),
            statistics.median(one.peak_mb for one in usages),
            statistics.median(one.whole_mb for one in usages),
        )
        for name, usages in samples.items()
    }


async def _child(workspace: Workspace, variant: str, rows: int) -> ProcessUsage:
    settings = workspace.settings
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, variant, str(rows)),
        env={
            **os.environ,
            "DATABASE_URL": workspace.dsn,
            "DYNAMODB_TABLE_NAME": settings.dynamodb_table_name,
            "S3_BUCKET_NAME": settings.s3_bucket_name,
            "AWS_ENDPOINT_URL_DYNAMODB": str(settings.aws_endpoint_url_dynamodb),
            "AWS_ENDPOINT_URL_S3": str(settings.aws_endpoint_url_s3),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, variant
    return ProcessUsage(**json.loads(output))


def measure(copy: Callable[[], None], rows: int) -> Usage:
    """Call `copy`, and return the resources that this process used for it."""
    before_mb = peak_mb()
    cpu, wall = time.process_time(), time.perf_counter()
    copy()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Usage(cpu / rows * 1e6, rows / wall, peak_mb() - before_mb)


def peak_mb() -> float:
    """Return the peak memory of this process; `getrusage` would report that of its parent."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def copy_with_crossfade() -> None:
    """Backfill in one process at the highest rate."""
    tune_gc()
    uvloop.run(_backfill())


async def _backfill() -> None:
    settings = load_settings()
    options = BackfillOptions(write_units=40_000, restart=True)
    mapping = APPLICATION.by_name["campaign"]
    async with (
        open_migration(settings, APPLICATION, lambda _: None) as migration,
        open_windows(settings, [mapping]) as windows,
    ):
        await plan_backfill(windows, options)
        async with open_backfill(settings, migration, windows, options, asyncio.Event()) as job:
            await backfill.run(job)
        (progress,) = await windows.progress()
        assert progress.is_done
        assert progress.tally.written == progress.tally.read


def copy_with_batch_writer() -> None:
    """Copy as a simple script does: with boto3's batch_writer."""
    with _table().batch_writer() as batch:
        for row in _rows():
            batch.put_item(Item=_item(row))


def copy_with_put_item() -> None:
    """Copy as a careful script does: put each item only if it does not exist."""
    table = _table()
    for row in _rows():
        table.put_item(Item=_item(row), ConditionExpression="attribute_not_exists(pk)")


def _table() -> Any:
    resource_ = boto3.resource(
        "dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"], region_name="us-east-1"
    )
    return resource_.Table(os.environ["DYNAMODB_TABLE_NAME"])


def _rows() -> Iterator[dict[str, Any]]:
    with (
        psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row) as connection,
        connection.cursor("rows") as cursor,
    ):
        cursor.itersize = 1000
        cursor.execute("SELECT * FROM campaigns")
        yield from cursor


def _item(row: dict[str, Any]) -> dict[str, Any]:
    keys = {
        "pk": f"USER#{row['user_id']}",
        "sk": f"CAMP#{row['id']}",
        "gsi1pk": f"CAMP#{row['id']}",
        "gsi1sk": "CAMPAIGN",
        "__edb_e__": "campaign",
        "__edb_v__": "1",
    }
    return keys | {FIELDS[name]: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime() | date() | clock_time():
            return value.isoformat()
        case float():
            return Decimal(str(value))
        case _:
            return value


FIELDS = {column.name: column.field for column in APPLICATION.by_name["campaign"].columns}

VARIANTS: dict[str, Callable[[], None]] = {
    OURS: copy_with_crossfade,
    OVERWRITING: copy_with_batch_writer,
    SLOWEST: copy_with_put_item,
}

if __name__ == "__main__":
    used = measure(VARIANTS[sys.argv[1]], int(sys.argv[2]))
    print(json.dumps(asdict(used) | {"whole_mb": peak_mb()}))
