"""Continuous verification: every key is compared soon after its delivery.

The keys to compare are a set in the ledger, as the dirty ones are: anything that a step leaves
undone is there for the next one, in any process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic

from crossfade.errors import SchemaChanged
from crossfade.events import DriftFound, EntityPaused
from crossfade.mapping.state import Key
from crossfade.parity.model import Comparison, Run, RunState, Verdict
from crossfade.parity.ports import RunStore
from crossfade.parity.stores import VerificationStores

KIND = "continuous"
SILENT_SECONDS_MAX = 15.0
"""A run that was silent for longer has no process."""

_COUNTED = {
    Verdict.EQUAL: "equal_keys",
    Verdict.LAG: "lagging_keys",
    Verdict.RACE: "racing_keys",
    Verdict.PARKED: "parked_keys",
}


@dataclass(frozen=True, slots=True)
class StepLimits:
    """The limits of continuous verification.

    Attributes:
        keys_max: keys of one step.
        report_seconds: how often the run's row records its progress.
        entity_pause_seconds: how long the keys of an entity wait that cannot be read.
    """

    keys_max: int = 100
    report_seconds: float = 5.0
    entity_pause_seconds: float = 30.0


async def start_or_resume(runs: RunStore, entities: Sequence[str]) -> Run:
    """Resume the newest continuous run if its process has died, or start a new one.

    Raises:
        Unavailable: the source cannot answer.
    """
    unfinished = await runs.unfinished(KIND, entities, is_deep=False)
    if unfinished is not None and unfinished.silent_seconds > SILENT_SECONDS_MAX:
        return unfinished.run
    return await runs.start(KIND, entities, is_deep=False)


class ContinuousRun:
    """One continuous run; ends with `finish`, or is resumed by another process."""

    def __init__(
        self, stores: VerificationStores, run: Run, limits: StepLimits | None = None
    ) -> None:
        self._stores = stores
        self._run = run
        self._limits = limits or StepLimits()
        self._reported_at = monotonic()
        self._paused: dict[str, float] = {}
        self.tally = run.tally

    async def step(self) -> bool:
        """Compare one batch of delivered keys; return whether any of them was settled.

        Raises:
            CrossfadeError: a store cannot be read; the keys stay unverified.
        """
        await self._stores.alarm.check()
        paused = [entity for entity, until in self._paused.items() if until > monotonic()]
        keys = await self._stores.unverified.unverified(self._limits.keys_max, without=paused)
        if not keys:
            await self._report()
            return False
        compared = await self._compare(keys)
        drifted = [one for one in compared if one.verdict.is_drift]
        equal = [one for one in compared if one.verdict is Verdict.EQUAL]
        await self._record(drifted, equal)
        if settled := drifted + equal:
            await self._stores.unverified.settle(settled)
        self._count(compared)
        await self._report()
        return bool(settled)

    async def finish(self) -> Run:
        """Close the run.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._stores.runs.finish(self._run.id, self.tally, state=RunState.FINISHED)

    async def _compare(self, keys: Sequence[Key]) -> list[Comparison]:
        """Compare keys; those of an entity whose table has changed are paused."""
        try:
            return await self._stores.checker.check_keys(keys, is_deep=False)
        except SchemaChanged:
            entities = dict.fromkeys(key.entity for key in keys)
            groups = [[key for key in keys if key.entity == entity] for entity in entities]
            return [one for group in groups for one in await self._compare_entity(group)]

    async def _compare_entity(self, keys: Sequence[Key]) -> list[Comparison]:
        try:
            return await self._stores.checker.check_keys(keys, is_deep=False)
        except SchemaChanged as error:
            entity, pause_seconds = keys[0].entity, self._limits.entity_pause_seconds
            self._paused[entity] = monotonic() + pause_seconds
            self._stores.observe(EntityPaused(entity, type(error), str(error), pause_seconds))
            return []

    async def _record(self, drifted: Sequence[Comparison], equal: Sequence[Comparison]) -> None:
        """Record findings before their keys count as verified; close those that no longer hold."""
        if drifted:
            await self._stores.findings.record(self._run.id, drifted)
            for verdict, count in Counter(one.verdict for one in drifted).items():
                self._stores.observe(DriftFound(self._run.id, verdict, count))
        if equal:
            await self._stores.findings.close([one.key for one in equal], f"run {self._run.id}")

    def _count(self, compared: Sequence[Comparison]) -> None:
        counts = Counter(_COUNTED.get(one.verdict, "drifted_keys") for one in compared)
        changes = {name: getattr(self.tally, name) + count for name, count in counts.items()}
        self.tally = replace(self.tally, **changes)

    async def _report(self) -> None:
        if monotonic() - self._reported_at >= self._limits.report_seconds:
            self._reported_at = monotonic()
            await self._stores.runs.advance(self._run.id, self.tally)
