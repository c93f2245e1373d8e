"""Repair: bring together what verification found apart, by marking and nothing else.

A repaired key gets a version above its own and above its item's; the relay then writes it as it
writes every other change. So a repair cannot overwrite a newer write, whenever it comes. Objects
that are missing or damaged are forgotten first, and the relay stores them again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from time import monotonic

from crossfade.errors import DamagedObject, MissingObject, NoItemKey, Rejected, SchemaChanged
from crossfade.events import EntitySkipped, Repaired
from crossfade.jobs.skipped import SkippedEntity
from crossfade.jobs.skipping import SkipList
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.state import Deleted, Key, Live, State
from crossfade.parity.model import Comparison, Finding, Verdict
from crossfade.ports import Mark, Observer, Source
from crossfade.repair.ports import Findings, Items, ObjectChecker, Uploads

Deliver = Callable[[Sequence[Key]], Awaitable[object]]
"""Delivers keys as they are now; the relay's."""
Judge = Callable[[Sequence[Key]], Awaitable[Sequence[Comparison]]]
"""Compares both stores at these keys, objects included; verification's."""

ROUNDS_MAX = 3
"""How often a key is delivered that is written to meanwhile."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a repair reads and marks.

    Attributes:
        codecs: the codec of each mapping by the mapping's name.
        who: kept with each finding that is closed.
    """

    findings: Findings
    mark: Mark
    uploads: Uploads
    source: Source
    items: Items
    shelf: ObjectChecker
    codecs: Mapping[str, Codec]
    deliver: Deliver
    judge: Judge
    observe: Observer
    who: str


class Action(StrEnum):
    """What is done about a finding."""

    REWRITE = "write the row again"
    REMOVE = "replace the item by a tombstone"
    LEAVE = "nothing: no mapping makes such an item"
    WAIT = "nothing: the table has changed"


CARRIED_OUT = frozenset({Action.REWRITE, Action.REMOVE})
"""What marks a key."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What is to be done about one finding.

    Attributes:
        above: the version that the key's next one must exceed.
        missing: objects of the row that are not there.
        damaged: objects of the row that are not what their names say.
        left_out: why its table cannot be read.
    """

    finding: Finding
    action: Action
    above: int = 0
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    left_out: SkippedEntity | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one finding; it is closed if both stores were then seen to be equal.

    Attributes:
        left_out: why its key could not be compared.
    """

    remedy: Remedy
    verdict: Verdict
    left_out: SkippedEntity | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the finding is settled."""
        return self.verdict is Verdict.EQUAL


async def step(
    route: Route, *, after: int, findings_max: int, run: int | None = None
) -> tuple[Result, ...]:
    """Repair the open findings that follow one, at most so many.

    Args:
        route: what to read and to mark.
        after: the last finding of the step before; 0 for the first step.
        findings_max: how many findings.
        run: only what this run saw.
    """
    return await carry_out(route, await plan(route, await _open(route, after, findings_max, run)))


async def preview(
    route: Route, *, after: int, findings_max: int, run: int | None = None
) -> tuple[Remedy, ...]:
    """Return what `step` would do; nothing is changed."""
    return await plan(route, await _open(route, after, findings_max, run))


async def plan(route: Route, findings: Sequence[Finding]) -> tuple[Remedy, ...]:
    """Return what is to be done about findings, from what both stores hold now."""
    altered = _altered(route)
    known = [finding for finding in findings if finding.comparison.key.entity in route.codecs]
    states = await altered.around(partial(_states, route, known))
    reasons = {one.entity: one for one in altered.left_out}
    return tuple([await _remedy_of(route, finding, states, reasons) for finding in findings])


async def carry_out(route: Route, remedies: Sequence[Remedy]) -> tuple[Result, ...]:
    """Mark, deliver, compare again, and close what is equal."""
    started = monotonic()
    chosen = [remedy for remedy in remedies if remedy.action in CARRIED_OUT]
    for remedy in chosen:
        for object_key in remedy.damaged:
            await route.shelf.discard_damaged(object_key)
    lost = [name for remedy in chosen for name in (*remedy.missing, *remedy.damaged)]
    if lost:
        await route.uploads.forget(lost)
    await route.mark([(remedy.finding.comparison.key, remedy.above) for remedy in chosen])
    altered = _altered(route)
    verdicts = await _settle(route, [one.finding.comparison.key for one in chosen], altered)
    reasons = {one.entity: one for one in altered.left_out}
    results = tuple(_result(remedy, verdicts, reasons) for remedy in remedies)
    closed = [result.remedy.finding.comparison.key for result in results if result.is_closed]
    if closed:
        await route.findings.close(closed, route.who)
    _tell(route, results, monotonic() - started)
    return results


def _altered(route: Route) -> SkipList:
    """Return what tells of each entity that a step leaves out; the next step tries it again."""

    def hear(one: SkippedEntity) -> None:
        route.observe(EntitySkipped("repair", one.entity, SchemaChanged, one.reason))

    return SkipList(hear)


async def _states(
    route: Route, findings: Sequence[Finding], without: frozenset[str]
) -> dict[Key, State]:
    keys = [finding.comparison.key for finding in findings]
    states = await route.source.fetch([key for key in keys if key.entity not in without])
    return {state.key: state for state in states}


async def _remedy_of(
    route: Route,
    finding: Finding,
    states: Mapping[Key, State],
    reasons: Mapping[str, SkippedEntity],
) -> Remedy:
    key = finding.comparison.key
    if key.entity in reasons:
        return Remedy(finding, Action.WAIT, left_out=reasons[key.entity])
    if key in states:
        return await _remedy(route, finding, states[key])
    return Remedy(finding, Action.LEAVE)


def _result(
    remedy: Remedy, verdicts: Mapping[Key, Verdict], reasons: Mapping[str, SkippedEntity]
) -> Result:
    key = remedy.finding.comparison.key
    verdict = verdicts.get(key, remedy.finding.comparison.verdict)
    left_out = remedy.left_out or reasons.get(key.entity)
    return Result(remedy, verdict, None if verdict is Verdict.EQUAL else left_out)


def _tell(route: Route, results: Sequence[Result], seconds: float) -> None:
    closed = sum(result.is_closed for result in results)
    left = sum(result.remedy.action not in CARRIED_OUT for result in results)
    route.observe(Repaired(closed, len(results) - closed - left, left, seconds))


async def _open(route: Route, after: int, findings_max: int, run: int | None) -> Sequence[Finding]:
    entities = list(route.codecs)
    return await route.findings.open_page(entities, after, run=run, findings_max=findings_max)


async def _settle(route: Route, keys: Sequence[Key], altered: SkipList) -> dict[Key, Verdict]:
    """Deliver and compare until nothing is on its way, or it was tried often enough."""
    verdicts: dict[Key, Verdict] = {}
    left = list(keys)
    for _ in range(ROUNDS_MAX):
        if not left:
            break
        await route.deliver(left)
        judged = await altered.around(partial(_judge, route, left))
        verdicts |= {one.key: one.verdict for one in judged}
        left = [key for key in left if verdicts.get(key) in {Verdict.LAG, Verdict.RACE}]
    return verdicts


async def _judge(
    route: Route, keys: Sequence[Key], without: frozenset[str]
) -> Sequence[Comparison]:
    return await route.judge([key for key in keys if key.entity not in without])


async def _remedy(route: Route, finding: Finding, state: State) -> Remedy:
    codec = route.codecs[state.key.entity]
    above = await _version_standing(route, codec, state.key)
    if isinstance(state, Deleted):
        return Remedy(finding, Action.REMOVE, above)
    missing, damaged = [], []
    for object_key in _objects_of(codec, state):
        try:
            await route.shelf.check(object_key)
        except MissingObject:
            missing.append(object_key)
        except DamagedObject:
            damaged.append(object_key)
    return Remedy(finding, Action.REWRITE, above, tuple(missing), tuple(damaged))


async def _version_standing(route: Route, codec: Codec, key: Key) -> int:
    """Return the version of the item that stands under a key; 0 without one."""
    try:
        items = await route.items.get([codec.table_key(key)])
    except NoItemKey:
        return 0
    return max((_version(item.get("cf_v", {}).get("N")) for item in items), default=0)


def _version(text: str | None) -> int:
    """Read a version; one that is no whole number is below every version."""
    return int(text) if text is not None and text.isdecimal() else 0


def _objects_of(codec: Codec, live: Live) -> list[str]:
    """Return the objects that a row's item names; none when it can have no item."""
    unknown = replace(live, bodies=tuple(replace(ref, stored=False) for ref in live.bodies))
    try:
        return [needed.object_key for needed in codec.encode(unknown).objects]
    except Rejected:
        return []
