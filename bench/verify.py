"""Comparing whole tables: CPU, rows a second and memory, beside a script of the kind people write.

Each round of each variant is a process of its own, in turn, over the same rows; DynamoDB is a
server that answers Scan from memory at once. The script scans with boto3, keeps the items by key,
reads the rows through a named cursor and compares value by value. Then what memory a million rows
take, and the lag of continuous verification, with writers and a relay at work on ministack.
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
from bench.services import Place, engines, make_place
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
RATIO_DEMANDED = 6.0
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
"""How each mapping's table comes to so many rows."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took for all rows."""

    cpu_us: float
    rows_per_second: float
    peak_mb: float


async def run(options: Options) -> list[Row]:
    """Measure both variants on a small table and a larger one, then the lag."""
    sizes = (options.operations(ROWS), options.operations(ROWS_MANY))
    async with engines() as services:
        place = await make_place(services, "verify", capture=False)
        result: list[Row] = []
        for rows in sizes:
            rounds = min(options.rounds, CHILD_ROUNDS_MAX) if rows == sizes[0] else 1
            result += await _beside(place, rows, rounds)
        for rows in () if options.quick else ROWS_NARROW:
            result.append(await _memory(place, rows))
        live = await make_place(services, "watch", relay_grace_seconds=0.0, relay_idle_seconds=0.02)
        result.append(await lag(live, options.operations(int(WATCH_SECONDS * 10)) / 10))
    return result


async def _beside(place: Place, rows: int, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="crossfade-verify-") as folder:
        file = Path(folder) / "items"
        await _fill(place, "campaign", rows, file)
        async with page_server(file) as port:
            samples: dict[str, list[Spent]] = {name: [] for name in VARIANTS}
            for _ in range(rounds):
                for name, spent in samples.items():
                    spent.append(await _child(place, port, name, rows))
    found = {name: _median(spent) for name, spent in samples.items()}
    ratio = found["boto3 scan and compare"].cpu_us / found["crossfade"].cpu_us
    demand = f"at least {RATIO_DEMANDED:g} demanded"
    return [
        *(_row(f"{name}, {rows:,} rows", spent) for name, spent in found.items()),
        await _cost(place, rows),
        Row(GROUP, f"boto3 / crossfade, {rows:,} rows", {"times the cpu": ratio}, demand),
    ]


async def _cost(place: Place, rows: int) -> Row:
    """Return what DynamoDB charges for the newest pass."""
    async with await psycopg.AsyncConnection.connect(place.dsn) as connection:
        told = "SELECT read_units FROM crossfade.run ORDER BY id DESC LIMIT 1"
        (units,) = await (await connection.execute(told)).fetchone() or (0.0,)
    figures = {"read units/1,000 rows": units / rows * 1000}
    return Row(GROUP, f"cost of a pass, {rows:,} rows", figures, "a unit for each 4 KB of a page")


def _median(spent: list[Spent]) -> Spent:
    return Spent(
        statistics.median(one.cpu_us for one in spent),
        statistics.median(one.rows_per_second for one in spent),
        statistics.median(one.peak_mb for one in spent),
    )


def _row(variant: str, spent: Spent) -> Row:
    figures = {
        "cpu µs/row": spent.cpu_us,
        "rows/s": spent.rows_per_second,
        "peak MB added": spent.peak_mb,
    }
    return Row(GROUP, variant, figures)


async def _memory(place: Place, rows: int) -> Row:
    """Verify narrow rows."""
    with tempfile.TemporaryDirectory(prefix="crossfade-verify-") as folder:
        file = Path(folder) / "items"
        await _fill(place, "user", rows, file)
        async with page_server(file) as port:
            return _row(f"crossfade, {rows:,} users", await _child(place, port, "users", rows))


async def _fill(place: Place, entity: str, rows: int, file: Path) -> None:
    """Bring a mapping's table to so many rows, and write their items to a file."""
    mapping = APPLICATION.by_name[entity]
    async with await psycopg.AsyncConnection.connect(place.dsn, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA IF EXISTS crossfade CASCADE")
        await connection.execute("TRUNCATE users CASCADE")
        if entity == "campaign":
            await connection.execute(
                "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
            )
        await connection.execute(FILLINGS[entity].encode(), (rows,))
        await connection.execute(f"VACUUM ANALYZE {mapping.table}".encode())
    await install(place.dsn, APPLICATION.mappings)
    codec = Codec(mapping)
    names = [column.name for column in mapping.columns]
    async with open_pool(place.dsn) as pool:
        with file.open("wb") as out:
            async for page in PostgresScan(pool, [mapping]).pages(entity):
                for values in page.rows:
                    columns = dict(zip(names, values, strict=True))
                    live = Live(codec.key_of(columns), 0, columns)
                    out.write(orjson.dumps(codec.encode(live).item) + b"\n")


async def _child(place: Place, port: int, variant: str, rows: int) -> Spent:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, variant, str(rows)),
        env={
            **os.environ,
            "DATABASE_URL": place.dsn,
            "DYNAMODB_TABLE_NAME": place.name,
            "S3_BUCKET_NAME": place.name,
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}",
            "AWS_ENDPOINT_URL_S3": str(place.settings.aws_endpoint_url_s3),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, variant
    return Spent(**json.loads(output))


def verify_with_crossfade() -> None:
    """A full pass, as the command makes it."""
    tune_gc()
    uvloop.run(_verify("campaign"))


def verify_users() -> None:
    """A full pass over narrow rows."""
    tune_gc()
    uvloop.run(_verify("user"))


async def _verify(entity: str) -> None:
    mapping = APPLICATION.by_name[entity]
    async with open_verifier(load_settings(), [mapping], lambda _: None) as verifier:
        tally = (await verifier.run_full_pass()).tally
        assert tally.drifted_keys == 0
        assert tally.equal_keys == tally.source_rows == int(sys.argv[2])


def verify_with_boto3() -> None:
    """A script: scan everything, then compare row by row."""
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
