"""Verification raises no false alarm, however fast the keys that it looks at change."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest

from crossfade.events import LoopFailed
from crossfade.mapping.state import Key
from crossfade.parity.examine import Examination
from crossfade.parity.model import Verdict
from crossfade.parity.ports import ItemReader
from crossfade.ports import Item
from support.verification import Stage

NOTES = ("a", "b", "c")
FOLDERS = ("f", "g")
PASSES = 40
LOOKS = 300
SEED = 7


async def _change(stage: Stage, stop: asyncio.Event, seed: int) -> int:
    """Update, delete, re-insert and move the same few notes as fast as the database takes it."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    writes = 0
    async with await psycopg.AsyncConnection.connect(
        stage.database.dsn, autocommit=True
    ) as connection:
        while not stop.is_set():
            note, folder = chance.choice(NOTES), chance.choice(FOLDERS)
            if chance.random() < 0.3:
                await connection.execute("DELETE FROM notes WHERE id = %s", (note,))
            else:
                await connection.execute(
                    "INSERT INTO notes (id, owner, folder, title, content) "
                    "VALUES (%s, 'o', %s, %s, %s) ON CONFLICT (id) DO UPDATE SET "
                    "folder = excluded.folder, title = excluded.title, content = excluded.content",
                    (note, folder, str(chance.random()), chance.choice(["long", "longer"])),
                )
            writes += 1
            if chance.random() < 0.2:
                await asyncio.sleep(0.02)
    return writes


@asynccontextmanager
async def _turmoil(stage: Stage) -> AsyncIterator[None]:
    """Writers and relays at work."""
    stop = asyncio.Event()
    writers = [asyncio.create_task(_change(stage, stop, SEED + one)) for one in range(2)]
    relay = asyncio.create_task(stage.migration.run_relay(stop))
    try:
        yield
    finally:
        stop.set()
        counts = await asyncio.gather(*writers)
        await relay
        assert min(counts) > PASSES


async def test_full_passes_during_turmoil_find_nothing(stage: Stage) -> None:
    seen = set()
    async with _turmoil(stage):
        for _ in range(PASSES):
            run = await stage.verifier.full_pass()
            tally = run.tally
            assert tally.drifted_keys == 0, await stage.findings()
            seen |= {Verdict.LAG} if tally.lagging_keys else set()
            seen |= {Verdict.RACE} if tally.racing_keys else set()
    assert await stage.sql("SELECT count(*) FROM crossfade.finding") == [(0,)]
    assert seen, "nothing was ever looked at by key: the turmoil was too tame"
    await stage.drain()
    assert await stage.verdicts() == {}


async def test_keys_looked_at_again_and_again_during_turmoil_never_drift(stage: Stage) -> None:
    keys = [Key("note", (note, folder, None)) for note in NOTES for folder in FOLDERS]
    seen: Counter[Verdict] = Counter()
    async with _turmoil(stage):
        for _ in range(LOOKS):
            judged = await stage.verifier.examiner.keys(keys, is_deep=False)
            assert not [one for one in judged if one.verdict.is_drift]
            seen.update(one.verdict for one in judged)
    assert seen[Verdict.EQUAL]
    assert seen[Verdict.LAG] + seen[Verdict.RACE]


async def test_continuous_verification_during_turmoil_finds_nothing(stage: Stage) -> None:
    stop = asyncio.Event()
    watch = asyncio.create_task(stage.verifier.run_watch(stop))
    async with _turmoil(stage):
        await _until(lambda: _delivered(stage), at_least=10 * PASSES)
    await stage.drain()
    await _until(lambda: _verified(stage), at_least=1)
    stop.set()
    await watch
    assert await stage.sql("SELECT count(*) FROM crossfade.finding") == [(0,)]
    (run,) = await stage.verifier.runs.newest()
    assert run.tally.equal_keys
    assert not stage.observed(LoopFailed)


async def _until(count: Callable[[], Awaitable[int]], *, at_least: int) -> None:
    async with asyncio.timeout(180):
        while await count() < at_least:  # noqa: ASYNC110 - what happens, happens elsewhere
            await asyncio.sleep(0.02)


async def _delivered(stage: Stage) -> int:
    """How many versions were delivered."""
    ((versions,),) = await stage.sql("SELECT coalesce(sum(acked), 0) FROM crossfade.ledger")
    return int(versions)


async def _verified(stage: Stage) -> int:
    """1 once every delivered key is verified."""
    (watermark,) = await stage.verifier.unverified.watermarks()
    return int(watermark.unverified_keys == 0)


@dataclass
class Eventful:
    """Items that are read only after something happened, in the worst of all moments."""

    items: ItemReader
    happen: Callable[[], Awaitable[None]]
    times: int

    async def get(self, keys: Sequence[Mapping[str, Any]]) -> Sequence[Item]:
        if self.times:
            self.times -= 1
            await self.happen()
        return await self.items.get(keys)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE notes SET title = title || '!'",
        "DELETE FROM notes",
        "UPDATE notes SET folder = 'g'",
        "UPDATE notes SET content = content || '!'",
    ],
)
@pytest.mark.parametrize("times", [1, 99])
async def test_a_key_delivered_between_two_reads_is_read_again(
    stage: Stage, change: str, times: int
) -> None:
    """The row is read, then changed and delivered, and only then is the item read."""

    async def happen() -> None:
        await stage.sql(change)
        await stage.drain()
        if times > 1:
            await stage.sql("DELETE FROM notes")
            await stage.add("a", content="again")
            await stage.drain()

    await stage.add("a", content="first")
    await stage.drain()
    stores = replace(
        stage.verifier.stores, items=Eventful(stage.verifier.stores.items, happen, times)
    )
    (judged,) = await Examination(stores).keys([Key("note", ("a", "f", None))], is_deep=False)
    assert judged.verdict is (Verdict.EQUAL if times == 1 else Verdict.RACE)
