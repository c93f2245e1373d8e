"""A pass that ends early, for any reason, harms nothing, and the next one misses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from crossfade.errors import Unreachable
from crossfade.events import PassResumed
from crossfade.parity.full_pass import run_full_pass
from crossfade.parity.model import RunState, Tally, Verdict
from crossfade.testing import HttpProxy, Rule, Stall
from support.commands import engine_variables
from support.verification import VerifiedNotes


@dataclass
class Stopping:
    """A part of a pass that ends it at a certain call."""

    part: Any
    calls: int
    end: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        self.calls -= 1
        if self.calls == 0:
            self.end()
        return getattr(self.part, name)


def _fail() -> None:
    raise Unreachable("the wire was cut")


async def _damaged(verified_notes: VerifiedNotes) -> dict[str, Verdict]:
    await verified_notes.add("lost", "stays", content="text")
    await verified_notes.add("gone")
    await verified_notes.drain()
    gone = verified_notes.item("gone")
    await verified_notes.sql("DELETE FROM notes WHERE id = 'gone'")
    await verified_notes.drain()
    verified_notes.remove("lost")
    verified_notes.put(gone)
    return {"lost": Verdict.DRIFT_MISSING, "gone": Verdict.DRIFT_EXTRA}


@pytest.mark.parametrize("part", ["rows", "table", "objects", "checker", "findings"])
@pytest.mark.parametrize("calls", [1, 2])
async def test_a_store_that_fails_fails_the_run_and_the_next_one_finds_all(
    verified_notes: VerifiedNotes, part: str, calls: int
) -> None:
    expected = await _damaged(verified_notes)
    broken: Any = Stopping(getattr(verified_notes.verifier.stores, part), calls, _fail)
    changes = {part: broken}
    with pytest.raises(Unreachable):
        await run_full_pass(replace(verified_notes.verifier.stores, **changes), is_deep=False)
    (failed,) = await verified_notes.verifier.runs.newest()
    assert failed.state is RunState.FAILED
    assert await verified_notes.verdicts() == expected
    (run,) = await verified_notes.verifier.runs.newest()
    assert (run.state, run.tally.drifted_keys) == (RunState.FINISHED, 2)


async def test_a_cancelled_pass_leaves_its_run_open_and_the_next_one_finds_all(
    verified_notes: VerifiedNotes,
) -> None:
    expected = await _damaged(verified_notes)
    reached = asyncio.Event()

    def on_progress(_: Tally) -> None:
        reached.set()

    one = asyncio.create_task(verified_notes.verifier.run_full_pass(on_progress=on_progress))
    await reached.wait()
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    (run,) = await verified_notes.verifier.runs.newest()
    assert run.state is RunState.RUNNING
    assert await verified_notes.verdicts() == expected


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_a_pass_of_a_killed_process_continues_in_the_next(
    verified_notes: VerifiedNotes, how: signal.Signals, tmp_path: Path
) -> None:
    """The command ends while it reads the table; table and application stay as they are."""
    expected = await _damaged(verified_notes)
    async with HttpProxy(str(verified_notes.settings.aws_endpoint_url_dynamodb)) as proxy:
        proxy.add(Rule(Stall(), operation="Scan"))
        process = await _start_verify(verified_notes, proxy.endpoint, tmp_path)
        await proxy.record.until(lambda record: record.arrived("Scan") > 0)
        process.send_signal(how)
        await process.communicate()
    (killed,) = await verified_notes.verifier.runs.newest()
    assert killed.state is RunState.RUNNING
    assert await verified_notes.verdicts() == expected
    (run,) = await verified_notes.verifier.runs.newest()
    assert (run.id, run.state) == (killed.id, RunState.FINISHED)
    assert len(verified_notes.observed(PassResumed)) == 1
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - an empty folder


async def _start_verify(
    verified_notes: VerifiedNotes, endpoint: str, folder: Path
) -> asyncio.subprocess.Process:
    """Start `crossfade verify` as a separate process, for a table behind this endpoint."""
    found = {
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "CROSSFADE_TARGET_TIMEOUT_SECONDS": "600",
        "CROSSFADE_VERIFY_FOLDER": str(folder),
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crossfade.cli", "verify"),
        *("--application", "support.verification:APPLICATION"),
        env={**os.environ, **engine_variables(verified_notes.settings, **found)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
