"""Verification raises no false alarm, however fast the keys that it compares change."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from crossfade.events import LoopFailed
from crossfade.mapping.state import Key
from crossfade.parity.examine import KeyChecker
from crossfade.parity.model import Verdict
from crossfade.parity.ports import ItemReader
from crossfade.ports import Item
from crossfade.postgres import PostgresKeyStatuses
from support.postgres_tables import NOTES as MAPPING
from support.verification import VerifiedNotes

NOTES = ("a", "b", "c")
FOLDERS = ("f", "g")
PASSES = 40
COMPARISONS = 300
SEED = 7


async def _change(verified_notes: VerifiedNotes, stop: asyncio.Event, seed: int) -> int:
    """Update, delete, re-insert and move the same few notes as fast as the database takes it."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    writes = 0
    async with await psycopg.AsyncConnection.connect(
        verified_notes.database.dsn, autocommit=True
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
async def _turmoil(verified_notes: VerifiedNotes) -> AsyncIterator[None]:
    """Writers and relays at work."""
    stop = asyncio.Event()
    writers = [asyncio.create_task(_change(verified_notes, stop, SEED + one)) for one in range(2)]
    relay = asyncio.create_task(verified_notes.migration.run_relay(stop))
    try:
        yield
    finally:
        stop.set()
        counts = await asyncio.gather(*writers)
        await relay
        assert min(counts) > PASSES


async def test_full_passes_during_turmoil_find_nothing(verified_notes: VerifiedNotes) -> None:
    seen = set()
    async with _turmoil(verified_notes):
        for _ in range(PASSES):
            run = await verified_notes.verifier.run_full_pass()
            tally = run.tally
            assert tally.drifted_keys == 0, await verified_notes.findings()
            seen |= {Verdict.LAG} if tally.lagging_keys else set()
            seen |= {Verdict.RACE} if tally.racing_keys else set()
    assert await verified_notes.sql("SELECT count(*) FROM crossfade.finding") == [(0,)]
    assert seen, "no key was ever compared by itself: the writers were too slow"
    await verified_notes.drain()
    assert await verified_notes.verdicts() == {}


async def test_keys_compared_again_and_again_during_turmoil_never_drift(
    verified_notes: VerifiedNotes,
) -> None:
    keys = [Key("note", (note, folder, None)) for note in NOTES for folder in FOLDERS]
    seen: Counter[Verdict] = Counter()
    async with _turmoil(verified_notes):
        for _ in range(COMPARISONS):
            judged = await verified_notes.verifier.checker.check_keys(keys, is_deep=False)
            assert not [one for one in judged if one.verdict.is_drift]
            seen.update(one.verdict for one in judged)
    assert seen[Verdict.EQUAL]
    assert seen[Verdict.LAG] + seen[Verdict.RACE]


async def test_continuous_verification_during_turmoil_finds_nothing(
    verified_notes: VerifiedNotes,
) -> None:
    stop = asyncio.Event()
    watch = asyncio.create_task(verified_notes.verifier.verify_continuously(stop))
    async with _turmoil(verified_notes):
        await _until(lambda: _delivered(verified_notes), at_least=10 * PASSES)
    await verified_notes.drain()
    await _until(lambda: _verified(verified_notes), at_least=1)
    stop.set()
    await watch
    assert await verified_notes.sql("SELECT count(*) FROM crossfade.finding") == [(0,)]
    (run,) = await verified_notes.verifier.runs.newest()
    assert run.tally.equal_keys
    assert not verified_notes.observed(LoopFailed)


async def _until(count: Callable[[], Awaitable[int]], *, at_least: int) -> None:
    async with asyncio.timeout(180):
        while await count() < at_least:  # noqa: ASYNC110 - what happens, happens elsewhere
            await asyncio.sleep(0.02)


async def _delivered(verified_notes: VerifiedNotes) -> int:
    """How many versions were delivered."""
    ((versions,),) = await verified_notes.sql(
        "SELECT coalesce(sum(acked), 0) FROM crossfade.ledger"
    )
    return int(versions)


async def _verified(verified_notes: VerifiedNotes) -> int:
    """1 once every delivered key is verified."""
    (watermark,) = await verified_notes.verifier.unverified.watermarks()
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
    verified_notes: VerifiedNotes, change: str, times: int
) -> None:
    """The row is read, then changed and delivered, and only then is the item read."""

    async def happen() -> None:
        await verified_notes.sql(change)
        await verified_notes.drain()
        if times > 1:
            await verified_notes.sql("DELETE FROM notes")
            await verified_notes.add("a", content="again")
            await verified_notes.drain()

    await verified_notes.add("a", content="first")
    await verified_notes.drain()
    resources = verified_notes.verifier.resources
    checker = KeyChecker(
        readers=verified_notes.verifier.stores.readers,
        statuses=PostgresKeyStatuses(resources.pool, [MAPPING]),
        source=verified_notes.verifier.source,
        items=Eventful(resources.target, happen, times),
        objects=resources.objects,
    )
    (judged,) = await checker.check_keys([Key("note", ("a", "f", None))], is_deep=False)
    assert judged.verdict is (Verdict.EQUAL if times == 1 else Verdict.RACE)
