"""Comparing whole tables: CPU, rows a second and memory, beside a script of the kind people write.

Each round of each variant is a process of its own, in turn, over the same rows; DynamoDB is a
server that answers Scan from memory at once. The script scans with boto3, keeps the items by key,
reads the rows through a named cursor and compares value by value. Then the lag of continuous
verification, with writers and a relay at work on ministack.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
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
from bench.core import Options, Row, percentile
from bench.house import Place, engines, make_place
from bench.verify_pages import page_server
from campaigns.mapping import APPLICATION
from crossfade.cli.verify import calm_collector
from crossfade.mapping.codec import Codec
from crossfade.mapping.state import Live
from crossfade.migration import open_migration
from crossfade.postgres import PostgresScan, install, open_pool
from crossfade.settings import load
from crossfade.verifier import Verifier, open_verifier

NAME = "verify"
GROUP = "Verification of campaigns, 23 columns"
ROWS = 20_000
ROWS_MANY = 100_000
CHILD_ROUNDS_MAX = 3
RATIO_DEMANDED = 6.0
WATCH_SECONDS = 10.0
WRITES_PER_SECOND = 500
CAMPAIGN = APPLICATION.by_name["campaign"]


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took for all rows."""

    cpu_us: float
    rows_per_second: float
    peak_mb: float


async def run(options: Options) -> list[Row]:
    """Measure both variants on a small table and a larger one, then the lag."""
    sizes = (options.operations(ROWS), options.operations(ROWS_MANY))
    async with engines() as house:
        place = await make_place(house, "verify", capture=False)
        result: list[Row] = []
        for rows in sizes:
            rounds = min(options.rounds, CHILD_ROUNDS_MAX) if rows == sizes[0] else 1
            result += await _beside(place, rows, rounds)
        live = await make_place(house, "watch", relay_grace_seconds=0.0, relay_idle_seconds=0.02)
        result.append(await _lag(live, options.operations(int(WATCH_SECONDS * 10)) / 10))
    return result


async def _beside(place: Place, rows: int, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="crossfade-verify-") as folder:
        file = Path(folder) / "items"
        await _fill(place, rows, file)
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
        Row(GROUP, f"boto3 / crossfade, {rows:,} rows", {"times the cpu": ratio}, demand),
    ]


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


async def _fill(place: Place, rows: int, file: Path) -> None:
    """Bring the table to so many rows, and write their items to a file."""
    async with await psycopg.AsyncConnection.connect(place.dsn, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA IF EXISTS crossfade CASCADE")
        await connection.execute("DELETE FROM campaigns")
        await connection.execute(
            "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now()) "
            "ON CONFLICT DO NOTHING"
        )
        await connection.execute(
            "INSERT INTO campaigns (user_id, slug, name, description, tags, updated_at) "
            "SELECT 'u', 'c' || n, 'The lighthouse at the end of the salt road', "
            "repeat('Nobody heard the bell. ', 15), ARRAY['sea', 'bells'], now() "
            "FROM generate_series(1, %s) AS n",
            (rows,),
        )
        await connection.execute("VACUUM ANALYZE campaigns")
    await install(place.dsn, APPLICATION.mappings)
    codec = Codec(CAMPAIGN)
    names = [column.name for column in CAMPAIGN.columns]
    async with open_pool(place.dsn) as pool:
        with file.open("wb") as out:
            async for page in PostgresScan(pool, [CAMPAIGN]).pages("campaign"):
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
    calm_collector()
    uvloop.run(_verify())


async def _verify() -> None:
    async with open_verifier(load(), [CAMPAIGN], lambda _: None) as verifier:
        tally = (await verifier.full_pass()).tally
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


async def _lag(place: Place, seconds: float) -> Row:
    """Write at a steady rate; how far verification is behind, looked at every few milliseconds."""
    stop = asyncio.Event()
    async with (
        open_migration(place.settings, APPLICATION, lambda _: None) as migration,
        open_verifier(place.settings, [CAMPAIGN], lambda _: None) as verifier,
    ):
        jobs = [
            asyncio.create_task(migration.run_relay(stop)),
            asyncio.create_task(verifier.run_watch(stop)),
        ]
        writer = asyncio.create_task(_write(place.dsn, seconds))
        lags: list[float] = []
        while not writer.done():
            lags.append(await _behind(verifier))
            await asyncio.sleep(0.02)
        written = await writer
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                while (await verifier.unverified.watermarks())[0].unverified_keys:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        stop.set()
        await asyncio.gather(*jobs)
    figures = {
        "writes/s": written / seconds,
        "lag ms p50": percentile(lags, 0.5) * 1000,
        "lag ms p99": percentile(lags, 0.99) * 1000,
    }
    return Row("Continuous verification, relay and engines in the same two cores", "lag", figures)


async def _behind(verifier: Verifier) -> float:
    (one,) = await verifier.unverified.watermarks()
    return max(0.0, time.time() - one.verified_through.timestamp())


async def _write(dsn: str, seconds: float) -> int:
    """Insert campaigns, so many a second; returns how many."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
        )
        begun, count = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - begun) < seconds:
            if count > elapsed * WRITES_PER_SECOND:
                await asyncio.sleep(0.002)
                continue
            await connection.execute(
                "INSERT INTO campaigns (user_id, slug, name, updated_at) "
                "VALUES ('u', %s, 'A light', now())",
                (f"c{count}",),
            )
            count += 1
        return count


VARIANTS: dict[str, Callable[[], None]] = {
    "crossfade": verify_with_crossfade,
    "boto3 scan and compare": verify_with_boto3,
}

if __name__ == "__main__":
    print(json.dumps(asdict(measure(VARIANTS[sys.argv[1]], int(sys.argv[2])))))
