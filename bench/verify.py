"""Verification of whole tables: CPU, rows per second and memory, compared with a typical script.

Each round of each variant is a separate process, on the same rows in turn; DynamoDB is a server
that answers Scan from memory at once. The script scans with boto3, keeps the items by key, reads
the rows through a named cursor and compares value by value. Then the memory for a million rows,
and the lag of continuous verification, with writers and a relay on ministack.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import orjson
import psycopg
import uvloop
from psycopg.rows import dict_row

from bench.backfill import measure
from bench.core import Options, Row
from bench.services import Workspace, engines, make_workspace
from bench.verify_lag import lag
from bench.verify_pages import page_server
from campaigns.mapping import APPLICATION
from crossfade.cli.console import tune_gc
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.state import Live
from crossfade.postgres import PostgresScan, install, open_pool
from crossfade.runtime.verification import open_verifier
from crossfade.settings import load_settings

NAME = "verify"
GROUP = "Verification of campaigns, 23 columns"
ROWS = 20_000
ROWS_MANY = 100_000
ROWS_NARROW = (100_000, 1_000_000)
CHILD_ROUNDS_MAX = 3
RATIO_REQUIRED = 6.0
WATCH_SECONDS = 10.0
CAMPAIGN = APPLICATION.by_name["campaign"]
FILLINGS = {
    "campaign": "INSERT INTO campaigns (user_id, slug, name, description, tags, updated_at) "
    "SELECT 'u', 'c' || n, 'The lighthouse at the end of the salt road', "
    "repeat('Nobody heard the bell. ', 15), ARRAY['sea', 'bells'], now() "
    "FROM generate_series(1, %s) AS n",
    "user": "INSERT INTO users (id, email, updated_at) "
    "SELECT 'u' || n, 'u' || n || '@example.org', now() FROM generate_series(1, %s) AS n",
}
"""The statements that fill a table with a number of rows, by the mapping's name."""


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


async def run(options: Options) -> list[Row]:
    """Measure both variants on a small table and a larger one, then the lag."""
    sizes = (options.operations(ROWS), options.operations(ROWS_MANY))
    async with engines() as services:
        workspace = await make_workspace(services, "verify", capture=False)
        result: list[Row] = []
        for rows in sizes:
            rounds = min(options.rounds, CHILD_ROUNDS_MAX) if rows == sizes[0] else 1
            result += await _beside(workspace, rows, rounds)
        for rows in () if options.quick else ROWS_NARROW:
            result.append(await _memory(workspace, rows))
        live = await make_workspace(
            services, "watch", relay_grace_seconds=0.0, relay_idle_seconds=0.02
        )
        result.append(await lag(live, options.operations(int(WATCH_SECONDS * 10)) / 10))
    return result


async def _beside(workspace: Workspace, rows: int, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="crossfade-verify-") as folder:
        file = Path(folder) / "items"
        await _fill(workspace, "campaign", rows, file)
        async with page_server(file) as port:
            samples: dict[str, list[Usage]] = {name: [] for name in VARIANTS}
            for _ in range(rounds):
                for name, usages in samples.items():
                    usages.append(await _child(workspace, port, name, rows))
    found = {name: _median(usages) for name, usages in samples.items()}
    ratio = found["boto3 scan and compare"].cpu_us / found["crossfade"].cpu_us
    requirement = f"required: at least {RATIO_REQUIRED:g}"
    return [
        *(_row(f"{name}, {rows:,} rows", usage) for name, usage in found.items()),
        await _cost(workspace, rows),
        Row(GROUP, f"boto3 / crossfade, {rows:,} rows", {"times the cpu": ratio}, requirement),
    ]


async def _cost(workspace: Workspace, rows: int) -> Row:
    """Return the read units of the newest pass."""
    async with await psycopg.AsyncConnection.connect(workspace.dsn) as connection:
        newest = "SELECT read_units FROM crossfade.run ORDER BY id DESC LIMIT 1"
        (units,) = await (await connection.execute(newest)).fetchone() or (0.0,)
    figures = {"read units/1,000 rows": units / rows * 1000}
    return Row(GROUP, f"cost of a pass, {rows:,} rows", figures, "a unit for each 4 KB of a page")


def _median(usages: list[Usage]) -> Usage:
    return Usage(
        statistics.median(one.cpu_us for one in usages),
        statistics.median(one.rows_per_second for one in usages),
        statistics.median(one.peak_mb for one in usages),
    )


def _row(variant: str, usage: Usage) -> Row:
    figures = {
        "cpu µs/row": usage.cpu_us,
        "rows/s": usage.rows_per_second,
        "peak MB added": usage.peak_mb,
    }
    return Row(GROUP, variant, figures)


async def _memory(workspace: Workspace, rows: int) -> Row:
    """Measure the memory of verification on narrow rows."""
    with tempfile.TemporaryDirectory(prefix="crossfade-verify-") as folder:
        file = Path(folder) / "items"
        await _fill(workspace, "user", rows, file)
        async with page_server(file) as port:
            return _row(f"crossfade, {rows:,} users", await _child(workspace, port, "users", rows))


async def _fill(workspace: Workspace, entity: str, rows: int, file: Path) -> None:
    """Fill a mapping's table, and write its items to a file, one JSON object per line."""
    mapping = APPLICATION.by_name[entity]
    async with await psycopg.AsyncConnection.connect(workspace.dsn, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA IF EXISTS crossfade CASCADE")
        await connection.execute("TRUNCATE users CASCADE")
        if entity == "campaign":
            await connection.execute(
                "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
            )
        await connection.execute(FILLINGS[entity].encode(), (rows,))
        await connection.execute(f"VACUUM ANALYZE {mapping.table}".encode())
    await install(workspace.dsn, APPLICATION.mappings)
    codec = Codec(mapping)
    names = [column.name for column in mapping.columns]
    async with open_pool(workspace.dsn) as pool:
        with file.open("wb") as out:
            async for page in PostgresScan(pool, [mapping]).pages(entity):
                for values in page.rows:
                    columns = dict(zip(names, values, strict=True))
                    live = Live(codec.key_of(columns), 0, columns)
                    out.write(orjson.dumps(codec.encode(live).item) + b"\n")


async def _child(workspace: Workspace, port: int, variant: str, rows: int) -> Usage:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, variant, str(rows)),
        env={
            **os.environ,
            "DATABASE_URL": workspace.dsn,
            "DYNAMODB_TABLE_NAME": workspace.name,
            "S3_BUCKET_NAME": workspace.name,
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}",
            "AWS_ENDPOINT_URL_S3": str(workspace.settings.aws_endpoint_url_s3),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, variant
    return Usage(**json.loads(output))


def verify_with_crossfade() -> None:
    """Verify in a full pass, as the command does."""
    tune_gc()
    uvloop.run(_verify("campaign"))


def verify_users() -> None:
    """Verify narrow rows in a full pass."""
    tune_gc()
    uvloop.run(_verify("user"))


async def _verify(entity: str) -> None:
    mapping = APPLICATION.by_name[entity]
    async with open_verifier(load_settings(), [mapping], lambda _: None) as verifier:
        tally = (await verifier.run_full_pass()).tally
        assert tally.drifted_keys == 0
        assert tally.equal_keys == tally.source_rows == int(sys.argv[2])


def verify_with_boto3() -> None:
    """Verify as a script does: scan the whole table, then compare row by row."""
    table = boto3.resource(
        "dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"], region_name="us-east-1"
    ).Table(os.environ["DYNAMODB_TABLE_NAME"])
    items: dict[tuple[str, str], dict[str, Any]] = {}
    request: dict[str, Any] = {"ConsistentRead": True}
    while True:
        page = table.scan(**request)
        items |= {(item["pk"], item["sk"]): item for item in page["Items"]}
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    with (
        psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row) as connection,
        connection.cursor("rows") as cursor,
    ):
        cursor.itersize = 1000
        for row in cursor.execute("SELECT * FROM campaigns"):
            item = items.pop((f"USER#{row['user_id']}", f"CAMP#{row['id']}"))
            for column in CAMPAIGN.columns:
                expected, found = _plain(row[column.name]), item.get(column.field)
                assert found == expected or _instant(expected, found), column.name
    assert not items


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case date() | clock_time() if not isinstance(value, datetime):
            return value.isoformat()
        case Decimal():
            return str(value)
        case _:
            return value


def _instant(expected: Any, found: Any) -> bool:
    return isinstance(expected, datetime) and datetime.fromisoformat(found) == expected


VARIANTS: dict[str, Callable[[], None]] = {
    "crossfade": verify_with_crossfade,
    "boto3 scan and compare": verify_with_boto3,
}

if __name__ == "__main__":
    chosen = {**VARIANTS, "users": verify_users}[sys.argv[1]]
    print(json.dumps(asdict(measure(chosen, int(sys.argv[2])))))
