"""Repair: findings are resolved by marking their keys, and by nothing else.

A repaired key gets a version above its own and above its item's; the relay then writes it as it
writes every other change. So a repair cannot overwrite a newer write at any time. Objects that are
missing or damaged are forgotten first, so that the relay stores them again.
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
"""Delivers the current state of keys, as the relay does."""
Compare = Callable[[Sequence[Key]], Awaitable[Sequence[Comparison]]]
"""Compares both stores at these keys, objects included, as verification does."""

ROUNDS_MAX = 3
"""How often a key is delivered that is written to meanwhile."""


@dataclass(frozen=True, slots=True)
class RepairStores:
    """What a repair reads, marks and delivers.

    Attributes:
        codecs: the codec of each mapping by the mapping's name.
        who: recorded with each finding that is closed.
    """

    findings: Findings
    mark: Mark
    uploads: Uploads
    source: Source
    items: Items
    objects: ObjectChecker
    codecs: Mapping[str, Codec]
    deliver: Deliver
    compare: Compare
    observe: Observer
    who: str


class Action(StrEnum):
    """What a repair does about a finding."""

    REWRITE = "write the row again"
    REMOVE = "replace the item by a tombstone"
    LEAVE = "nothing: no mapping makes such an item"
    WAIT = "nothing: the table has changed"


CARRIED_OUT = frozenset({Action.REWRITE, Action.REMOVE})
"""Actions that mark a key."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a repair would do about one finding.

    Attributes:
        above: the version that the key's next one must exceed.
        missing: objects of the row that do not exist.
        damaged: objects of the row whose content is not that of their keys.
        skipped: why its table cannot be read.
    """

    finding: Finding
    action: Action
    above: int = 0
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    skipped: SkippedEntity | None = None

    @property
    def key(self) -> Key:
        """Return the ledger key of the finding."""
        return self.finding.comparison.key


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one finding's repair.

    Attributes:
        verdict: of the comparison after the repair, else of the finding.
        skipped: why its key could not be compared.
    """

    remedy: Remedy
    verdict: Verdict
    skipped: SkippedEntity | None = None

    @property
    def is_closed(self) -> bool:
        """Return whether both stores were equal afterwards, so that the finding was closed."""
        return self.verdict is Verdict.EQUAL


async def preview(
    stores: RepairStores, *, after: int, findings_max: int, run: int | None = None
) -> tuple[Remedy, ...]:
    """Return what a repair would do about the open findings after one; nothing is changed.

    Args:
        stores: the stores.
        after: the id of the last finding of the page before; 0 for the first page.
        findings_max: the number of findings.
        run: only findings that this run saw.
    """
    entities = list(stores.codecs)
    page = await stores.findings.open_page(entities, after, run=run, findings_max=findings_max)
    return await plan(stores, page)


async def plan(stores: RepairStores, findings: Sequence[Finding]) -> tuple[Remedy, ...]:
    """Return what a repair would do about findings, from the current state of both stores."""
    skips = _skip_list(stores)
    keys = [one.comparison.key for one in findings if one.comparison.key.entity in stores.codecs]
    states = await skips.run(partial(_states, stores, keys))
    skipped = {one.entity: one for one in skips.skipped}
    return tuple([await _remedy(stores, finding, states, skipped) for finding in findings])


async def carry_out(stores: RepairStores, remedies: Sequence[Remedy]) -> tuple[Result, ...]:
    """Mark the keys, deliver them, compare them again, and close the findings that are equal."""
    began = monotonic()
    chosen = [remedy for remedy in remedies if remedy.action in CARRIED_OUT]
    await _forget_broken_objects(stores, chosen)
    await stores.mark([(remedy.key, remedy.above) for remedy in chosen])
    skips = _skip_list(stores)
    verdicts = await _deliver_until_settled(stores, [remedy.key for remedy in chosen], skips)
    skipped = {one.entity: one for one in skips.skipped}
    results = tuple(_result(remedy, verdicts, skipped) for remedy in remedies)
    closed = [result.remedy.key for result in results if result.is_closed]
    if closed:
        await stores.findings.close(closed, stores.who)
    stores.observe(_repaired(results, monotonic() - began))
    return results


async def _forget_broken_objects(stores: RepairStores, remedies: Sequence[Remedy]) -> None:
    """Remove damaged objects; forget these and missing ones, so that they are stored again."""
    for remedy in remedies:
        for object_key in remedy.damaged:
            await stores.objects.discard_damaged(object_key)
    lost = [name for remedy in remedies for name in (*remedy.missing, *remedy.damaged)]
    if lost:
        await stores.uploads.forget(lost)


async def _deliver_until_settled(
    stores: RepairStores, keys: Sequence[Key], skips: SkipList
) -> dict[Key, Verdict]:
    """Deliver and compare until no key is lagging or racing, at most `ROUNDS_MAX` times."""
    verdicts: dict[Key, Verdict] = {}
    left = list(keys)
    for _ in range(ROUNDS_MAX):
        if not left:
            break
        await stores.deliver(left)
        compared = await skips.run(partial(_compare, stores, left))
        verdicts |= {one.key: one.verdict for one in compared}
        left = [key for key in left if verdicts.get(key) in {Verdict.LAG, Verdict.RACE}]
    return verdicts


async def _states(
    stores: RepairStores, keys: Sequence[Key], without: frozenset[str]
) -> dict[Key, State]:
    states = await stores.source.fetch([key for key in keys if key.entity not in without])
    return {state.key: state for state in states}


async def _compare(
    stores: RepairStores, keys: Sequence[Key], without: frozenset[str]
) -> Sequence[Comparison]:
    return await stores.compare([key for key in keys if key.entity not in without])


async def _remedy(
    stores: RepairStores,
    finding: Finding,
    states: Mapping[Key, State],
    skipped: Mapping[str, SkippedEntity],
) -> Remedy:
    key = finding.comparison.key
    if key.entity in skipped:
        return Remedy(finding, Action.WAIT, skipped=skipped[key.entity])
    if key not in states:
        return Remedy(finding, Action.LEAVE)
    state, codec = states[key], stores.codecs[key.entity]
    above = await _item_version(stores, codec, key)
    if isinstance(state, Deleted):
        return Remedy(finding, Action.REMOVE, above)
    missing, damaged = [], []
    for object_key in _objects_of(codec, state):
        try:
            await stores.objects.check(object_key)
        except MissingObject:
            missing.append(object_key)
        except DamagedObject:
            damaged.append(object_key)
    return Remedy(finding, Action.REWRITE, above, tuple(missing), tuple(damaged))


async def _item_version(stores: RepairStores, codec: Codec, key: Key) -> int:
    """Return the version of the item under a key; 0 without an item."""
    try:
        items = await stores.items.get([codec.table_key(key)])
    except NoItemKey:
        return 0
    return max((parse_version(item.get("cf_v", {}).get("N")) for item in items), default=0)


def parse_version(text: str | None) -> int:
    """Parse a version. Anything that is not a decimal integer counts as 0."""
    return int(text) if text is not None and text.isdecimal() else 0


def _objects_of(codec: Codec, live: Live) -> list[str]:
    """Return the keys of the objects that a row's item references; none if it can have no item."""
    unknown = replace(live, bodies=tuple(replace(ref, stored=False) for ref in live.bodies))
    try:
        return [needed.object_key for needed in codec.encode(unknown).objects]
    except Rejected:
        return []


def _result(
    remedy: Remedy, verdicts: Mapping[Key, Verdict], skipped: Mapping[str, SkippedEntity]
) -> Result:
    verdict = verdicts.get(remedy.key, remedy.finding.comparison.verdict)
    reason = remedy.skipped or skipped.get(remedy.key.entity)
    return Result(remedy, verdict, None if verdict is Verdict.EQUAL else reason)


def _repaired(results: Sequence[Result], seconds: float) -> Repaired:
    closed = sum(result.is_closed for result in results)
    left = sum(result.remedy.action not in CARRIED_OUT for result in results)
    return Repaired(closed, len(results) - closed - left, left, seconds)


def _skip_list(stores: RepairStores) -> SkipList:
    """Return the skip list of one call, which reports each entity; the next call tries it again."""

    def report(one: SkippedEntity) -> None:
        stores.observe(EntitySkipped("repair", one.entity, SchemaChanged, one.reason))

    return SkipList(report)
