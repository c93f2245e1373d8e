"""Continuous verification: every key is compared soon after it was delivered.

The keys to look at are a set in the ledger, as the dirty ones are: whatever a step leaves undone is
still there for the next one, in whichever process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic

from crossfade.errors import SchemaChanged
from crossfade.events import DriftFound, EntityPaused
from crossfade.mapping.state import Key
from crossfade.parity.lag_alarm import LagAlarm
from crossfade.parity.model import Comparison, Run, RunState, Verdict
from crossfade.parity.ports import Examiner, FindingStore, RunStore, UnverifiedKeys
from crossfade.ports import Observer

SILENT_SECONDS_MAX = 15.0
"""A run that has told nothing for so long has no process any more."""

_COUNTED = {
    Verdict.EQUAL: "equal_keys",
    Verdict.LAG: "lagging_keys",
    Verdict.RACE: "racing_keys",
    Verdict.PARKED: "parked_keys",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """What a step works with.

    Attributes:
        keys_max: keys of one step.
        tell_seconds: how often the run's row says how far it has come.
        entity_pause_seconds: how long the keys of an entity wait that cannot be read.
    """

    unverified: UnverifiedKeys
    examiner: Examiner
    findings: FindingStore
    runs: RunStore
    alarm: LagAlarm
    observe: Observer
    keys_max: int = 100
    tell_seconds: float = 5.0
    entity_pause_seconds: float = 30.0


async def start_or_resume(runs: RunStore, entities: Sequence[str]) -> Run:
    """Go on with the newest continuous run if its process has died, else begin one.

    Raises:
        Unavailable: the source cannot answer.
    """
    left = await runs.unfinished("continuous", entities, is_deep=False)
    if left is not None and left.silent_seconds > SILENT_SECONDS_MAX:
        return left.run
    return await runs.start("continuous", entities, is_deep=False)


class ContinuousRun:
    """One continuous run; ends with `finish`, and goes on with another process's steps."""

    def __init__(self, parts: Parts, run: Run) -> None:
        self._parts = parts
        self._run = run
        self._told_at = monotonic()
        self._paused: dict[str, float] = {}
        self.tally = run.tally

    async def step(self) -> bool:
        """Look at one batch of delivered keys; whether any of them was settled.

        Raises:
            CrossfadeError: a store cannot be read; the keys stay unverified.
        """
        await self._parts.alarm.check()
        paused = [entity for entity, until in self._paused.items() if until > monotonic()]
        keys = await self._parts.unverified.unverified(self._parts.keys_max, without=paused)
        if not keys:
            await self._tell()
            return False
        judged = await self._examine(keys)
        drifted = [one for one in judged if one.verdict.is_drift]
        equal = [one for one in judged if one.verdict is Verdict.EQUAL]
        await self._keep(drifted, equal)
        if settled := drifted + equal:
            await self._parts.unverified.settle(settled)
        self._count(judged)
        await self._tell()
        return bool(settled)

    async def finish(self) -> Run:
        """Close the run.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._parts.runs.finish(self._run.id, self.tally, state=RunState.FINISHED)

    async def _examine(self, keys: Sequence[Key]) -> list[Comparison]:
        """Look at keys; those of an entity whose table has changed wait, the others go on."""
        try:
            return await self._parts.examiner.keys(keys, is_deep=False)
        except SchemaChanged:
            entities = dict.fromkeys(key.entity for key in keys)
            groups = [[key for key in keys if key.entity == entity] for entity in entities]
            return [one for group in groups for one in await self._examine_entity(group)]

    async def _examine_entity(self, keys: Sequence[Key]) -> list[Comparison]:
        try:
            return await self._parts.examiner.keys(keys, is_deep=False)
        except SchemaChanged as error:
            entity, pause = keys[0].entity, self._parts.entity_pause_seconds
            self._paused[entity] = monotonic() + pause
            self._parts.observe(EntityPaused(entity, type(error), str(error), pause))
            return []

    async def _keep(self, drifted: Sequence[Comparison], equal: Sequence[Comparison]) -> None:
        """Keep findings before their keys count as verified; close those that hold no longer."""
        if drifted:
            await self._parts.findings.record(self._run.id, drifted)
            for verdict, count in Counter(one.verdict for one in drifted).items():
                self._parts.observe(DriftFound(self._run.id, verdict, count))
        if equal:
            await self._parts.findings.close([one.key for one in equal], f"run {self._run.id}")

    def _count(self, judged: Sequence[Comparison]) -> None:
        counts = Counter(_COUNTED.get(one.verdict, "drifted_keys") for one in judged)
        changes = {name: getattr(self.tally, name) + count for name, count in counts.items()}
        self.tally = replace(self.tally, **changes)

    async def _tell(self) -> None:
        if monotonic() - self._told_at >= self._parts.tell_seconds:
            self._told_at = monotonic()
            await self._parts.runs.advance(self._run.id, self.tally)
