"""The lag of continuous verification behind writes, with a relay on ministack."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import psycopg

from bench.core import Row, percentile
from bench.services import Workspace
from campaigns.mapping import APPLICATION
from crossfade.runtime.migration import open_migration
from crossfade.runtime.verification import Verifier, open_verifier

CAMPAIGN = APPLICATION.by_name["campaign"]
WRITES_PER_SECOND = 500


async def lag(workspace: Workspace, seconds: float) -> Row:
    """Write at a steady rate, and sample the lag of verification every 20 ms.

    Args:
        workspace: its database is empty, with capture installed.
        seconds: the duration of the writes.
    """
    stop = asyncio.Event()
    async with (
        open_migration(workspace.settings, APPLICATION, lambda _: None) as migration,
        open_verifier(
            workspace.settings, [APPLICATION.by_name["campaign"]], lambda _: None
        ) as verifier,
    ):
        jobs = [
            asyncio.create_task(migration.run_relay(stop)),
            asyncio.create_task(verifier.verify_continuously(stop)),
        ]
        writer = asyncio.create_task(_write(workspace.dsn, seconds))
        lags: list[float] = []
        while not writer.done():
            lags.append(await _lag_seconds(verifier))
            await asyncio.sleep(0.02)
        written = await writer
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                while (await verifier.unverified.watermarks())[0].unverified_keys:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        stop.set()
        await asyncio.gather(*jobs)
        found = await verifier.findings.open_counts(["campaign"])
    figures = {
        "writes/s": written / seconds,
        "lag ms p50": percentile(lags, 0.5) * 1000,
        "lag ms p99": percentile(lags, 0.99) * 1000,
        "false findings": float(sum(found.values())),
    }
    return Row("Continuous verification, relay and engines in the same two cores", "lag", figures)


async def _lag_seconds(verifier: Verifier) -> float:
    (one,) = await verifier.unverified.watermarks()
    return max(0.0, time.time() - one.verified_through.timestamp())


async def _write(dsn: str, seconds: float) -> int:
    """Insert campaigns at `WRITES_PER_SECOND`; return their number."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO users (id, email, updated_at) VALUES ('u', 'u@example.org', now())"
        )
        started, count = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - started) < seconds:
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
