"""A process that backfills may be killed at any step: the next one ends with the same stores."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from crossfade.testing import Hold, Rule
from support.backfill import INSERT, SMALL, add_campaigns, add_transcripts, progress
from support.engines.product import RunningProduct
from support.kill import environment, start

PROGRAM = """
import asyncio, os, signal, sys
from dataclasses import replace

from campaigns.mapping import APPLICATION
from crossfade.runtime.backfill import BackfillOptions, open_backfill, open_windows, plan_backfill
from crossfade.backfill import copy
from crossfade.runtime.migration import open_migration
from crossfade.settings import load_settings

STEP, CALLS = sys.argv[1], 3


class Deadly:
    def __init__(self, real):
        self._real = real
        self._calls = 0

    def __getattr__(self, name):
        real = getattr(self._real, name)
        return self.killed(real) if STEP.endswith(name) else real

    def killed(self, real):
        async def call(*arguments):
            self._calls += 1
            fatal = self._calls == CALLS
            if fatal and STEP.startswith("before"):
                os.kill(os.getpid(), signal.SIGKILL)
            answer = await real(*arguments)
            if fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer
        return call


async def main():
    settings, options = load_settings(), BackfillOptions()
    async with (
        open_migration(settings, APPLICATION) as migration,
        open_windows(settings, APPLICATION.mappings) as windows,
    ):
        await plan_backfill(windows, options)
        async with open_backfill(settings, migration, windows, options, asyncio.Event()) as job:
            writers = [Deadly(writer) for writer in job.writers]
            await copy.run(replace(job, windows=Deadly(job.windows), writers=writers))


asyncio.run(main())
"""


IN_SMALL_STEPS = {
    "CROSSFADE_BACKFILL_LEASE_SECONDS": "1",  # so long others wait for windows of the dead
    **{f"CROSSFADE_{name.upper()}": str(value) for name, value in SMALL.items()},
}


async def start_backfill(product: RunningProduct, *arguments: str) -> asyncio.subprocess.Process:
    """Start `crossfade backfill` as a separate process."""
    return await start(product, "backfill", *arguments, variables=IN_SMALL_STEPS)


@pytest.mark.parametrize(
    "step",
    [
        "before page",
        "after page",
        "after write",
        "before advance",
        "after advance",
        "after claim",
    ],
)
async def test_a_process_killed_at_any_step_is_replaced(product: RunningProduct, step: str) -> None:
    await add_campaigns(product, 150)
    await add_transcripts(product, 25)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, step), env=environment(product, **IN_SMALL_STEPS)
    )
    assert await process.wait() == -signal.SIGKILL
    assert not all(one.is_done for one in (await progress(product)).values())
    second = await start_backfill(product, "--json")
    await second.wait()
    assert second.returncode == 0
    by_entity = await progress(product)
    assert {one.is_done for one in by_entity.values()} == {True}
    assert sum(one.tally.read for one in by_entity.values()) == 176
    await product.assert_equal()


async def test_a_process_killed_while_others_work_leaves_its_windows_to_them(
    product: RunningProduct,
) -> None:
    await add_campaigns(product, 300)
    held = Hold()
    product.dynamo.add(Rule(held, operation=INSERT))
    first = await start_backfill(product)
    await product.dynamo.record.until(lambda record: record.arrived(INSERT, fault=Hold) > 0)
    second = await start_backfill(product)
    first.kill()
    await first.wait()
    product.dynamo.clear()
    held.until.set()
    await second.wait()
    assert second.returncode == 0
    assert (await progress(product))["campaign"].is_done
    await product.assert_equal()


async def test_an_interrupted_command_reports_it_and_continues_when_run_again(
    product: RunningProduct,
) -> None:
    await add_campaigns(product, 300)
    held = Hold()
    product.dynamo.add(Rule(held, operation=INSERT, skip=2))
    process = await start_backfill(product)
    await product.dynamo.record.until(lambda record: record.arrived(INSERT, fault=Hold) > 0)
    process.send_signal(signal.SIGINT)
    held.until.set()
    await process.wait()
    assert process.returncode == 130
    product.dynamo.clear()
    again = await start_backfill(product)
    await again.wait()
    assert again.returncode == 0
    await product.assert_equal()


async def test_processes_of_one_command_share_the_work(product: RunningProduct) -> None:
    await add_campaigns(product, 400)
    held = Hold()
    product.dynamo.add(Rule(held, operation=INSERT))
    process = await start_backfill(product, "--workers", "2", "--wcu", "2000")
    async with asyncio.timeout(90):
        while await leasing(product) < 2:  # noqa: ASYNC110 - they are other processes
            await asyncio.sleep(0.05)
    product.dynamo.clear()
    held.until.set()
    assert await process.wait() == 0
    assert (await progress(product))["campaign"].is_done
    await product.assert_equal()


async def leasing(product: RunningProduct) -> int:
    """Count the processes that hold windows."""
    ((count,),) = await product.sql(
        "SELECT count(DISTINCT worker) FROM crossfade.backfill_window WHERE lease_until > now()"
    )
    return int(count)
