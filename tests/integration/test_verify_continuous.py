"""Every delivered key is verified soon, none twice without need, and a stop loses none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from crossfade.events import LagOver, LagTooOld
from crossfade.parity.continuous import start_or_resume
from crossfade.parity.full_pass import run_full_pass
from crossfade.parity.lag_alarm import LagAlarm
from crossfade.parity.model import Tally, Verdict, Watermark
from support.verification import VerifiedNotes


async def _watermark(verified_notes: VerifiedNotes) -> Watermark:
    (one,) = await verified_notes.verifier.unverified.watermarks()
    return one


async def test_each_delivery_is_verified_once(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add(*(f"n{number}" for number in range(120)))
    await verified_notes.drain()
    async with verified_notes.verifier.continuous_run() as watch:
        assert await watch.step()
        assert (await _watermark(verified_notes)).unverified_keys == 20
        assert await watch.step()
        assert not await watch.step()
        await verified_notes.sql("UPDATE notes SET title = 'again' WHERE id = 'n5'")
        assert not await watch.step()
        await verified_notes.drain()
        assert await watch.step()
        assert not await watch.step()
        assert watch.tally.equal_keys == 121


async def test_the_watermarks_stop_where_a_write_waits(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a")
    ((written,),) = await verified_notes.sql("SELECT dirty_since FROM crossfade.ledger")
    marks = await _watermark(verified_notes)
    assert marks.replicated_through == marks.verified_through == written
    await verified_notes.drain()
    marks = await _watermark(verified_notes)
    assert marks.replicated_through > marks.verified_through == written
    async with verified_notes.verifier.continuous_run() as watch:
        await watch.step()
    marks = await _watermark(verified_notes)
    assert marks.verified_through == marks.replicated_through > written


async def test_a_write_during_the_comparison_is_verified_again(
    verified_notes: VerifiedNotes,
) -> None:
    """What was judged is an older version than the one delivered since."""
    await verified_notes.add("a")
    await verified_notes.drain()
    keys = await verified_notes.verifier.unverified.unverified(10)
    judged = await verified_notes.verifier.checker.check_keys(keys, is_deep=False)
    await verified_notes.sql("UPDATE notes SET title = 'newer'")
    await verified_notes.drain()
    await verified_notes.verifier.unverified.settle(judged)
    assert (await _watermark(verified_notes)).unverified_keys == 1


async def test_drift_is_kept_and_closed_by_the_next_delivery(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a", "b")
    await verified_notes.drain()
    verified_notes.put({**verified_notes.item("a"), "title": {"S": "other"}})
    async with verified_notes.verifier.continuous_run() as watch:
        await watch.step()
        (finding,) = (await verified_notes.findings()).values()
        assert finding.comparison.verdict is Verdict.DRIFT_DIFFERS
        await verified_notes.sql("UPDATE notes SET title = 'mended'")
        await verified_notes.drain()
        await watch.step()
    assert await verified_notes.findings() == {}
    (run,) = await verified_notes.verifier.runs.newest()
    assert (run.kind, run.state) == ("continuous", "finished")


async def test_a_run_of_a_dead_process_continues(verified_notes: VerifiedNotes) -> None:
    """A run with a recent sign of life is left to its process."""
    runs = verified_notes.verifier.runs
    killed = await start_or_resume(runs, ["note"])
    await runs.advance(killed.id, Tally(equal_keys=7))
    async with verified_notes.verifier.continuous_run():
        assert [run.id for run in await runs.newest(9)] == [2, 1]
    await verified_notes.sql("DELETE FROM crossfade.run WHERE id = 2")
    await verified_notes.sql("UPDATE crossfade.run SET seen_at = seen_at - interval '20 seconds'")
    await verified_notes.add("a")
    await verified_notes.drain()
    async with verified_notes.verifier.continuous_run() as watch:
        await watch.step()
    (run,) = await runs.newest(9)
    assert (run.id, run.state, run.tally.equal_keys) == (killed.id, "finished", 8)


async def test_a_full_pass_verifies_what_nothing_touched_since_it_began(
    verified_notes: VerifiedNotes,
) -> None:
    await verified_notes.add("still", "gone", "drifted", "dirty")
    await verified_notes.drain()
    await verified_notes.sql("DELETE FROM notes WHERE id = 'gone'")
    await verified_notes.drain()
    await verified_notes.sql("UPDATE notes SET title = 'on its way' WHERE id = 'dirty'")
    verified_notes.remove("drifted")
    before = await _watermark(verified_notes)
    assert before.unverified_keys == 4
    await verified_notes.verifier.run_full_pass()
    rows = await verified_notes.sql(
        "SELECT key[1] FROM crossfade.ledger WHERE unverified_since IS NOT NULL"
    )
    assert rows == [("dirty",)]
    await verified_notes.drain()
    await verified_notes.verifier.run_full_pass()
    marks = await _watermark(verified_notes)
    assert marks.unverified_keys == 0
    assert marks.verified_through == marks.replicated_through > before.verified_through


@pytest.mark.parametrize("part", ["rows", "objects"])
async def test_what_is_delivered_during_a_full_pass_is_left_to_the_watch(
    verified_notes: VerifiedNotes, part: str
) -> None:
    """The pass may have read the row before the write, or the item before the delivery."""
    await verified_notes.add("still", "waiting", "busy", "fresh")
    await verified_notes.sql(
        "UPDATE crossfade.ledger SET next_attempt_at = 'infinity' WHERE key[1] = 'waiting'"
    )
    while await verified_notes.migration.relay_step():
        pass

    @dataclass
    class Busy:
        """A store; before its work a row is written, and another one delivered."""

        port: Any

        async def happen(self) -> None:
            await verified_notes.sql("UPDATE notes SET title = 'new' WHERE id = 'busy'")
            await verified_notes.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
            await verified_notes.drain()

        async def catch_up(self) -> None:
            await self.happen()

        async def list(self, prefix: str) -> AsyncIterator[Any]:
            await self.happen()
            async for found in self.port.list(prefix):
                yield found

        def __getattr__(self, name: str) -> Any:
            return getattr(self.port, name)

    busy: Any = Busy(getattr(verified_notes.verifier.stores, part))
    changes = {part: busy}
    await run_full_pass(replace(verified_notes.verifier.stores, **changes), is_deep=False)
    rows = await verified_notes.sql(
        "SELECT key[1] FROM crossfade.ledger WHERE unverified_since IS NOT NULL ORDER BY 1"
    )
    assert rows == [("busy",), ("waiting",)]
    assert await verified_notes.findings() == {}


async def test_an_alarm_on_old_lag_is_raised_once_and_cleared_once(
    verified_notes: VerifiedNotes,
) -> None:
    alarm = LagAlarm(
        verified_notes.verifier.unverified, 60.0, verified_notes.events.append, check_seconds=0.0
    )
    await verified_notes.add("a", "b", "young")
    await verified_notes.sql(
        "UPDATE crossfade.ledger SET dirty_since = now() - interval '2 minutes' "
        "WHERE key[1] <> 'young'"
    )
    for _ in range(3):
        await alarm.check()
    (late,) = verified_notes.observed(LagTooOld)
    assert isinstance(late, LagTooOld)
    assert (late.entity, late.keys, 120 <= late.seconds < 180) == ("note", 2, True)
    await verified_notes.drain()
    for _ in range(3):
        await alarm.check()
    assert len(verified_notes.observed(LagTooOld)) == len(verified_notes.observed(LagOver)) == 1
    await verified_notes.add("c")
    await verified_notes.sql(
        "UPDATE crossfade.ledger SET dirty_since = now() - interval '2 minutes', "
        "parked_reason = 'too large' WHERE key[1] = 'c'"
    )
    await alarm.check()
    assert len(verified_notes.observed(LagTooOld)) == 1
    await verified_notes.sql("UPDATE crossfade.ledger SET parked_reason = NULL")
    await alarm.check()
    assert len(verified_notes.observed(LagTooOld)) == 2


@pytest.mark.parametrize("how", ["watch", "pass"])
async def test_verification_raises_the_alarm(verified_notes: VerifiedNotes, how: str) -> None:
    await verified_notes.add("a")
    await verified_notes.sql("UPDATE crossfade.ledger SET dirty_since = now() - interval '1 hour'")
    if how == "pass":
        await verified_notes.verifier.run_full_pass()
    else:
        async with verified_notes.verifier.continuous_run() as watch:
            await watch.step()
    assert len(verified_notes.observed(LagTooOld)) == 1


async def test_another_process_continues_where_one_was_killed(
    verified_notes: VerifiedNotes,
) -> None:
    await verified_notes.add("a")
    await verified_notes.drain()
    keys = await verified_notes.verifier.unverified.unverified(10)
    await verified_notes.verifier.checker.check_keys(keys, is_deep=False)
    async with verified_notes.verifier.continuous_run() as watch:
        assert await watch.step()
        assert watch.tally.equal_keys == 1
