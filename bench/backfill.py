"""Copying rows that exist: CPU, rows a second and memory, beside scripts of the kind people write.

Each round of each variant is a process of its own, in turn, on the same table; DynamoDB is a server
that answers at once. The scripts read through a named cursor, make of a row the same item (without
a version) and put it: by boto3's batch_writer, which overwrites whatever stands there, or one by
one under a condition, as a script must that runs beside an application.
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
from bench.services import Place, engines, make_place
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
RATIO_DEMANDED = 6.0
GROWTH_DEMANDED = 1.2


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took for all rows."""

    cpu_us: float
    rows_per_second: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Told(Spent):
    """The same, and the most memory that the whole process had."""

    whole_mb: float


async def run(options: Options) -> list[Row]:
    """Measure every variant on a small table, and memory on a larger one."""
    rows = options.operations(ROWS)
    async with engines() as services, null_server() as port:
        place = await make_place(
            services, "backfill", capture=False, endpoint=f"http://127.0.0.1:{port}"
        )
        await _fill(place, rows)
        found = await _rounds(place, min(options.rounds, CHILD_ROUNDS_MAX), rows)
        result = [_row(f"{name}, {rows:,} rows", spent) for name, spent in found.items()]
        ours = found[OURS].cpu_us
        result += [
            Row(
                GROUP,
                f"{name} / crossfade",
                {"times the cpu": spent.cpu_us / ours},
                f"at least {RATIO_DEMANDED:g} demanded",
            )
            for name, spent in found.items()
            if name != OURS
        ]
        if not options.quick:
            await _fill(place, ROWS_MANY)
            many = {
                name: await _child(place, name, ROWS_MANY) for name in VARIANTS if name != SLOWEST
            }
            result += [_row(f"{name}, {ROWS_MANY:,} rows", spent) for name, spent in many.items()]
        if options.rows:
            result += await _memory(place, options.rows)
    return result


async def _memory(place: Place, rows: int) -> list[Row]:
    """Measure ours on narrow rows, many and ever so many."""
    spent: list[Told] = []
    for count in (ROWS_MANY, rows):
        await _fill(place, count, SHORT_TEXT)
        spent.append(await _child(place, OURS, count))
    few, many = spent
    grown = Row(
        GROUP,
        f"peak of {rows:,} / {ROWS_MANY:,} rows",
        {"times the memory": many.whole_mb / few.whole_mb},
        f"at most {GROWTH_DEMANDED:g} demanded",
    )
    counts = (f"{ROWS_MANY:,}", f"{rows:,}")
    named = (f"{OURS}, {count} narrow rows" for count in counts)
    return [*map(_row, named, spent), grown]


def _row(variant: str, spent: Told) -> Row:
    return Row(
        GROUP,
        variant,
        {
            "cpu µs/row": spent.cpu_us,
            "rows/s": spent.rows_per_second,
            "peak MB added": spent.peak_mb,
            "peak MB": spent.whole_mb,
        },
    )


async def _fill(place: Place, rows: int, description: str = LONG_TEXT) -> None:
    """Bring the table to so many rows, captured but unknown to the ledger."""
    async with await psycopg.AsyncConnection.connect(place.dsn, autocommit=True) as connection:
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
    await install(place.dsn, APPLICATION.mappings)


async def _rounds(place: Place, rounds: int, rows: int) -> dict[str, Told]:
    samples: dict[str, list[Told]] = {name: [] for name in VARIANTS}
    for _ in range(rounds):
        for name in VARIANTS:
            samples[name].append(await _child(place, name, rows))
    return {
        name: Told(
            statistics.median(one.cpu_us for one in spent),
            statistics.median(one.rows_per_second for one in spent),
            statistics.median(one.peak_mb for one in spent),
            statistics.median(one.whole_mb for one in spent),
        )
        for name, spent in samples.items()
    }


async def _child(place: Place, variant: str, rows: int) -> Told:
    settings = place.settings
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, variant, str(rows)),
        env={
            **os.environ,
            "DATABASE_URL": place.dsn,
            "DYNAMODB_TABLE_NAME": settings.dynamodb_table_name,
            "S3_BUCKET_NAME": settings.s3_bucket_name,
            "AWS_ENDPOINT_URL_DYNAMODB": str(settings.aws_endpoint_url_dynamodb),
            "AWS_ENDPOINT_URL_S3": str(settings.aws_endpoint_url_s3),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, variant
    return Told(**json.loads(output))


def measure(copy: Callable[[], None], rows: int) -> Spent:
    """Copy, and return what this process took for it."""
    before_mb = peak_mb()
    cpu, wall = time.process_time(), time.perf_counter()
    copy()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Spent(cpu / rows * 1e6, rows / wall, peak_mb() - before_mb)


def peak_mb() -> float:
    """Return the most memory that this process has had; what `getrusage` says is its parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def copy_with_crossfade() -> None:
    """The backfill of one process at the highest rate."""
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
        (standing,) = await windows.progress()
        assert standing.is_done
        assert standing.tally.written == standing.tally.read


def copy_with_batch_writer() -> None:
    """A script: everything through boto3's batch_writer."""
    with _table().batch_writer() as batch:
        for row in _rows():
            batch.put_item(Item=_item(row))


def copy_with_put_item() -> None:
    """A script that is careful: each item only if none is there."""
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
    taken = measure(VARIANTS[sys.argv[1]], int(sys.argv[2]))
    print(json.dumps(asdict(taken) | {"whole_mb": peak_mb()}))
