"""Every delivered key is verified soon, none twice without need, and a stop loses none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from crossfade.events import LagOver, LagTooOld
from crossfade.parity.continuous import begin
from crossfade.parity.full_pass import full_pass
from crossfade.parity.lag_alarm import LagAlarm
from crossfade.parity.model import Tally, Verdict, Watermark
from support.verification import Stage


async def _watermark(stage: Stage) -> Watermark:
    (one,) = await stage.verifier.unverified.watermarks()
    return one


async def test_each_delivery_is_verified_once(stage: Stage) -> None:
    await stage.add(*(f"n{number}" for number in range(120)))
    await stage.drain()
    async with stage.verifier.watching() as watch:
        assert await watch.step()
        assert (await _watermark(stage)).unverified_keys == 20
        assert await watch.step()
        assert not await watch.step()
        await stage.sql("UPDATE notes SET title = 'again' WHERE id = 'n5'")
        assert not await watch.step()
        await stage.drain()
        assert await watch.step()
        assert not await watch.step()
        assert watch.tally.equal_keys == 121


async def test_the_watermarks_stop_where_a_write_waits(stage: Stage) -> None:
    await stage.add("a")
    ((written,),) = await stage.sql("SELECT dirty_since FROM crossfade.ledger")
    marks = await _watermark(stage)
    assert marks.replicated_through == marks.verified_through == written
    await stage.drain()
    marks = await _watermark(stage)
    assert marks.replicated_through > marks.verified_through == written
    async with stage.verifier.watching() as watch:
        await watch.step()
    marks = await _watermark(stage)
    assert marks.verified_through == marks.replicated_through > written


async def test_a_write_during_the_look_is_verified_again(stage: Stage) -> None:
    """What was judged is an older version than the one delivered since."""
    await stage.add("a")
    await stage.drain()
    keys = await stage.verifier.unverified.unverified(10)
    judged = await stage.verifier.examiner.keys(keys, is_deep=False)
    await stage.sql("UPDATE notes SET title = 'newer'")
    await stage.drain()
    await stage.verifier.unverified.settle(judged)
    assert (await _watermark(stage)).unverified_keys == 1


async def test_drift_is_kept_and_closed_by_the_next_delivery(stage: Stage) -> None:
    await stage.add("a", "b")
    await stage.drain()
    stage.put({**stage.item("a"), "title": {"S": "other"}})
    async with stage.verifier.watching() as watch:
        await watch.step()
        (finding,) = (await stage.findings()).values()
        assert finding.judgement.verdict is Verdict.DRIFT_DIFFERS
        await stage.sql("UPDATE notes SET title = 'mended'")
        await stage.drain()
        await watch.step()
    assert await stage.findings() == {}
    (run,) = await stage.verifier.runs.newest()
    assert (run.kind, run.state) == ("continuous", "finished")


async def test_a_run_whose_process_died_goes_on(stage: Stage) -> None:
    """One that told of itself a moment ago is left to its process."""
    runs = stage.verifier.runs
    killed = await begin(runs, ["note"])
    await runs.advance(killed.id, Tally(equal_keys=7))
    async with stage.verifier.watching():
        assert [run.id for run in await runs.newest(9)] == [2, 1]
    await stage.sql("DELETE FROM crossfade.run WHERE id = 2")
    await stage.sql("UPDATE crossfade.run SET seen_at = seen_at - interval '20 seconds'")
    await stage.add("a")
    await stage.drain()
    async with stage.verifier.watching() as watch:
        await watch.step()
    (run,) = await runs.newest(9)
    assert (run.id, run.state, run.tally.equal_keys) == (killed.id, "finished", 8)


async def test_a_full_pass_verifies_what_nothing_touched_since_it_began(stage: Stage) -> None:
    await stage.add("still", "gone", "drifted", "dirty")
    await stage.drain()
    await stage.sql("DELETE FROM notes WHERE id = 'gone'")
    await stage.drain()
    await stage.sql("UPDATE notes SET title = 'on its way' WHERE id = 'dirty'")
    stage.remove("drifted")
    before = await _watermark(stage)
    assert before.unverified_keys == 4
    await stage.verifier.full_pass()
    rows = await stage.sql("SELECT key[1] FROM crossfade.ledger WHERE unverified_since IS NOT NULL")
    assert rows == [("dirty",)]
    await stage.drain()
    await stage.verifier.full_pass()
    marks = await _watermark(stage)
    assert marks.unverified_keys == 0
    assert marks.verified_through == marks.replicated_through > before.verified_through


@pytest.mark.parametrize("part", ["rows", "objects"])
async def test_what_is_delivered_during_a_full_pass_is_left_to_the_watch(
    stage: Stage, part: str
) -> None:
    """The pass may have read the row before the write, or the item before the delivery."""
    await stage.add("still", "waiting", "busy", "fresh")
    await stage.sql(
        "UPDATE crossfade.ledger SET next_attempt_at = 'infinity' WHERE key[1] = 'waiting'"
    )
    while await stage.migration.relay_step():
        pass

    @dataclass
    class Busy:
        """A part before whose work a row is written, and another one delivered."""

        port: Any

        async def happen(self) -> None:
            await stage.sql("UPDATE notes SET title = 'new' WHERE id = 'busy'")
            await stage.sql("UPDATE crossfade.ledger SET next_attempt_at = now()")
            await stage.drain()

        async def catch_up(self) -> None:
            await self.happen()

        async def list(self, prefix: str) -> AsyncIterator[Any]:
            await self.happen()
            async for found in self.port.list(prefix):
                yield found

        def __getattr__(self, name: str) -> Any:
            return getattr(self.port, name)

    busy: Any = Busy(getattr(stage.verifier.parts, part))
    changes = {part: busy}
    await full_pass(replace(stage.verifier.parts, **changes), is_deep=False)
    rows = await stage.sql(
        "SELECT key[1] FROM crossfade.ledger WHERE unverified_since IS NOT NULL ORDER BY 1"
    )
    assert rows == [("busy",), ("waiting",)]
    assert await stage.findings() == {}


async def test_an_alarm_on_old_lag_is_told_once_and_once_when_it_is_over(stage: Stage) -> None:
    alarm = LagAlarm(stage.verifier.unverified, 60.0, stage.events.append, look_seconds=0.0)
    await stage.add("a", "b", "young")
    await stage.sql(
        "UPDATE crossfade.ledger SET dirty_since = now() - interval '2 minutes' "
        "WHERE key[1] <> 'young'"
    )
    for _ in range(3):
        await alarm.look()
    (late,) = stage.observed(LagTooOld)
    assert isinstance(late, LagTooOld)
    assert (late.entity, late.keys, 120 <= late.seconds < 180) == ("note", 2, True)
    await stage.drain()
    for _ in range(3):
        await alarm.look()
    assert len(stage.observed(LagTooOld)) == len(stage.observed(LagOver)) == 1
    await stage.add("c")
    await stage.sql(
        "UPDATE crossfade.ledger SET dirty_since = now() - interval '2 minutes', "
        "parked_reason = 'too large' WHERE key[1] = 'c'"
    )
    await alarm.look()
    assert len(stage.observed(LagTooOld)) == 1
    await stage.sql("UPDATE crossfade.ledger SET parked_reason = NULL")
    await alarm.look()
    assert len(stage.observed(LagTooOld)) == 2


@pytest.mark.parametrize("how", ["watch", "pass"])
async def test_verification_raises_the_alarm(stage: Stage, how: str) -> None:
    await stage.add("a")
    await stage.sql("UPDATE crossfade.ledger SET dirty_since = now() - interval '1 hour'")
    if how == "pass":
        await stage.verifier.full_pass()
    else:
        async with stage.verifier.watching() as watch:
            await watch.step()
    assert len(stage.observed(LagTooOld)) == 1


async def test_another_process_goes_on_where_one_was_killed(stage: Stage) -> None:
    await stage.add("a")
    await stage.drain()
    keys = await stage.verifier.unverified.unverified(10)
    await stage.verifier.examiner.keys(keys, is_deep=False)
    async with stage.verifier.watching() as watch:
        assert await watch.step()
        assert watch.tally.equal_keys == 1
