"""Backfill, verification, damage, repair and report of the demonstration."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from campaigns.demo.environment import DemoEnvironment
from campaigns.mapping import APPLICATION
from crossfade.backfill import copy as copying
from crossfade.cli.report_page import page
from crossfade.parity.model import Finding, Run
from crossfade.postgres.monitoring.history import history
from crossfade.repair import repair as mending
from crossfade.runtime.backfill import BackfillOptions, open_backfill, open_windows, plan_backfill
from crossfade.runtime.repair import open_repair
from crossfade.runtime.verification import open_verifier
from crossfade.testing.corruption.corruption import Corruption, Injected, corrupt

POLL_SECONDS = 0.05
FINDINGS_MAX = 100
SEED = 11
DAMAGE = (
    Corruption.LOST_ITEM,
    Corruption.CHANGED_STRING,
    Corruption.TRAILING_ZERO_LOST,
    Corruption.EXTRA_ITEM,
    Corruption.TRUNCATED_OBJECT,
)


@dataclass(frozen=True, slots=True)
class PassResult:
    """The result of a full pass: its run and the open findings."""

    run: Run
    findings: tuple[Finding, ...]


async def backfill(
    environment: DemoEnvironment, on_progress: Callable[[int], None]
) -> tuple[int, int]:
    """Copy the rows older than the capture; return the numbers of rows written and skipped.

    `on_progress` is called with the number of rows read so far.
    """
    options = BackfillOptions()
    async with open_windows(environment.settings, APPLICATION.mappings) as windows:
        await plan_backfill(windows, options)
        context_of = open_backfill(
            environment.settings, environment.migration, windows, options, asyncio.Event()
        )
        async with context_of as context:
            work = asyncio.create_task(copying.run(context))
            while not work.done():
                on_progress(sum(one.tally.read for one in await windows.progress()))
                await asyncio.wait([work], timeout=POLL_SECONDS)
            await work
        tallies = [one.tally for one in await windows.progress()]
    on_progress(sum(tally.read for tally in tallies))
    return sum(tally.written for tally in tallies), sum(tally.skipped for tally in tallies)


async def verify(environment: DemoEnvironment) -> PassResult:
    """Run a full pass; writes may continue meanwhile."""
    async with open_verifier(environment.settings, APPLICATION.mappings) as verifier:
        run = await verifier.run_full_pass(is_deep=True)
        found = await verifier.findings.open_page(run.entities, findings_max=FINDINGS_MAX)
        return PassResult(run, tuple(found))


async def damage(environment: DemoEnvironment) -> tuple[Injected, ...]:
    """Damage items and stored objects directly in the target."""
    return await asyncio.to_thread(
        corrupt, environment.stores, APPLICATION.mappings, DAMAGE, seed=SEED, count=1
    )


async def repair(environment: DemoEnvironment) -> int:
    """Repair the open findings; return the number of closed ones."""
    async with open_repair(environment.settings, APPLICATION, "the demonstration") as route:
        remedies = await mending.preview(route, after=0, findings_max=FINDINGS_MAX)
        return sum(result.is_closed for result in await mending.carry_out(route, remedies))


async def report(environment: DemoEnvironment) -> Path:
    """Write the report to a temporary folder that is kept; return its path."""
    text = page(await history(environment.settings.dsn))
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="crossfade-")
    path = Path(folder) / "report.html"
    await asyncio.to_thread(path.write_text, text, "utf-8")
    return path
