"""The sweep: tombstones and objects without use are removed, and nothing else is.

Nothing is removed when it is first seen. A sweep notes a candidate; a later one, after the grace
period, removes it if it still has no use. The grace period is longer than any delivery can take, so
that no delivery that began before can end after the removal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from crossfade.errors import InvalidKey, NoItemKey
from crossfade.events import Swept
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.object_keys import parse_object_key
from crossfade.mapping.state import Key, ObjectState, TombstoneRecord
from crossfade.ports import Mark, Observer
from crossfade.repair.ports import ObjectRemover, Orphans, Tombstones, TombstoneStore, Uploads

BATCH_MAX = 200


@dataclass(frozen=True, slots=True)
class SweepStores:
    """What a sweep reads, and where it removes.

    Attributes:
        codecs: the codec of each mapping by the mapping's name.
        grace_seconds: how long a candidate must have been known before it is removed.
    """

    tombstones: Tombstones
    orphans: Orphans
    uploads: Uploads
    mark: Mark
    items: TombstoneStore
    objects: ObjectRemover
    codecs: Mapping[str, Codec]
    observe: Observer
    grace_seconds: float

    @property
    def prefixes(self) -> list[str]:
        """Return the prefixes of all object keys."""
        return sorted({body.prefix for one in self.codecs.values() for body in one.mapping.bodies})


class Kind(StrEnum):
    """The kinds of things that are swept."""

    TOMBSTONE = "tombstone"
    OBJECT = "object"


class SweepOutcome(StrEnum):
    """What a sweep did with a candidate, or would do."""

    NOTED = "seen for the first time"
    WAITING = "seen for less than the grace period"
    HELD_BACK = "older changes are on their way"
    DUE = "to be removed"
    REMOVED = "removed"
    KEPT = "needed again"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tombstone or an object that had no use when it was checked.

    Attributes:
        name: the ledger key, or the object's key.
        seen_seconds: how long it has been known; None: it was not known before.
    """

    kind: Kind
    name: str
    seen_seconds: float | None
    outcome: SweepOutcome


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of one batch.

    Attributes:
        checked: how many tombstones or objects were checked.
        candidates: those of them that had no use.
    """

    kind: Kind
    checked: int
    candidates: tuple[Candidate, ...]


async def preview(stores: SweepStores) -> AsyncGenerator[Batch, None]:
    """Yield what a sweep would note and remove now; nothing is changed."""
    for entity in stores.codecs:
        async for page in _tombstone_pages(stores, entity):
            outcomes = {one: _tombstone_outcome(stores, one) for one in page}
            yield _tombstone_batch(outcomes)
    for prefix in stores.prefixes:
        async for names in _object_pages(stores, prefix):
            unused = await _unused(stores, prefix, names)
            outcomes_of = {one: _outcome(stores, one.seen_seconds) for one in unused}
            yield _object_batch(len(names), outcomes_of)


async def sweep(stores: SweepStores) -> AsyncGenerator[Batch, None]:
    """Note and remove, and yield the result of each batch. It may end after any of them."""
    await _recheck_removed(stores)
    began = monotonic()
    async for batch in _swept_batches(stores):
        stores.observe(_swept(batch, monotonic() - began))
        yield batch
        began = monotonic()


async def _swept_batches(stores: SweepStores) -> AsyncIterator[Batch]:
    for entity in stores.codecs:
        async for page in _tombstone_pages(stores, entity):
            yield await _sweep_tombstones(stores, page)
    for prefix in stores.prefixes:
        async for names in _object_pages(stores, prefix):
            yield await _sweep_objects(stores, prefix, names)


# Tombstones.


async def _tombstone_pages(
    stores: SweepStores, entity: str
) -> AsyncIterator[Sequence[TombstoneRecord]]:
    after: Key | None = None
    while page := await stores.tombstones.page(entity, after, BATCH_MAX):
        after = page[-1].key
        yield page


async def _sweep_tombstones(stores: SweepStores, page: Sequence[TombstoneRecord]) -> Batch:
    """Note the tombstones that are new, and remove those that are due."""
    outcomes = {one: _tombstone_outcome(stores, one) for one in page}
    new = [one for one, outcome in outcomes.items() if outcome is SweepOutcome.NOTED]
    await stores.tombstones.note(new)
    for one, outcome in outcomes.items():
        if outcome is SweepOutcome.DUE:
            is_removed = await _remove_tombstone(stores, one)
            outcomes[one] = SweepOutcome.REMOVED if is_removed else SweepOutcome.KEPT
    removed = [one for one, outcome in outcomes.items() if outcome is SweepOutcome.REMOVED]
    await stores.tombstones.close(removed)
    return _tombstone_batch(outcomes)


async def _remove_tombstone(stores: SweepStores, tombstone: TombstoneRecord) -> bool:
    try:
        table_key = stores.codecs[tombstone.key.entity].table_key(tombstone.key)
    except NoItemKey:
        return True
    return await stores.items.remove_tombstone(table_key, tombstone.version)


def _tombstone_outcome(stores: SweepStores, tombstone: TombstoneRecord) -> SweepOutcome:
    outcome = _outcome(stores, tombstone.seen_seconds)
    is_held_back = outcome is SweepOutcome.DUE and not tombstone.is_drained
    return SweepOutcome.HELD_BACK if is_held_back else outcome


def _tombstone_batch(outcomes: Mapping[TombstoneRecord, SweepOutcome]) -> Batch:
    candidates = [
        Candidate(Kind.TOMBSTONE, str(one.key), one.seen_seconds, outcome)
        for one, outcome in outcomes.items()
    ]
    return Batch(Kind.TOMBSTONE, len(outcomes), tuple(candidates))


# Objects.


async def _object_pages(stores: SweepStores, prefix: str) -> AsyncIterator[Sequence[str]]:
    """Yield the keys of our objects under a prefix; other objects are skipped."""
    after = ""
    while page := await stores.objects.names(prefix, after, BATCH_MAX):
        after = page[-1]
        yield [name for name in page if _is_ours(prefix, name)]


async def _sweep_objects(stores: SweepStores, prefix: str, names: Sequence[str]) -> Batch:
    """Note the objects that are unused, and remove those that are due."""
    unused = await _unused(stores, prefix, names)
    unused_names = {one.object_key for one in unused}
    await stores.orphans.release([name for name in names if name not in unused_names])
    await stores.orphans.note(sorted(unused_names))
    outcomes = {one: _outcome(stores, one.seen_seconds) for one in unused}
    due = [one.object_key for one, outcome in outcomes.items() if outcome is SweepOutcome.DUE]
    removed = await _remove_objects(stores, prefix, due)
    for one, outcome in outcomes.items():
        if outcome is SweepOutcome.DUE:
            is_removed = one.object_key in removed
            outcomes[one] = SweepOutcome.REMOVED if is_removed else SweepOutcome.KEPT
    return _object_batch(len(names), outcomes)


async def _remove_objects(stores: SweepStores, prefix: str, names: Sequence[str]) -> frozenset[str]:
    """Remove the objects that are still unused right before, and redeliver rows that need one.

    They are forgotten first: from then on a delivery that needs one stores it. A delivery that
    found the object right before its removal is detected afterwards, and repeated.
    """
    if not names:
        return frozenset()
    await stores.orphans.mark_for_removal(names)
    await stores.uploads.forget(names)
    unused = [one.object_key for one in await _unused(stores, prefix, names)]
    for name in unused:
        await stores.objects.remove(name)
    await _redeliver_needed(stores, prefix, unused)
    await stores.orphans.release(sorted(set(names) - set(unused)))
    return frozenset(unused)


async def _recheck_removed(stores: SweepStores) -> None:
    """Check the objects that earlier sweeps removed, until the grace period has passed again."""
    after = ""
    while page := await stores.orphans.removed(after, BATCH_MAX):
        after = page[-1][0]
        for name, seconds in page:
            await _redeliver_needed(stores, parse_object_key(name).prefix, [name])
            if seconds >= stores.grace_seconds and not await stores.objects.exists(name):
                await stores.orphans.release([name])


async def _redeliver_needed(stores: SweepStores, prefix: str, names: Sequence[str]) -> None:
    """Mark the rows that need an object which does not exist."""
    for one in await stores.orphans.states(prefix, names) if names else ():
        if one.is_needed and not await stores.objects.exists(one.object_key):
            await stores.uploads.forget([one.object_key])
            await stores.mark([(key, 0) for key in one.keys])


async def _unused(stores: SweepStores, prefix: str, names: Sequence[str]) -> list[ObjectState]:
    """Return the objects that neither a row nor an item references."""
    if not names:
        return []
    states = [one for one in await stores.orphans.states(prefix, names) if not one.is_needed]
    return [one for one in states if not await _is_referenced(stores, one)]


async def _is_referenced(stores: SweepStores, state: ObjectState) -> bool:
    """Return whether an item of the object's row references it."""
    table_keys = []
    for key in state.keys:
        try:
            table_keys.append(stores.codecs[key.entity].table_key(key))
        except NoItemKey:
            continue
    items = await stores.items.get(table_keys) if table_keys else ()
    reference = {"S": state.object_key}
    return any(value == reference for item in items for value in item.values())


def _is_ours(prefix: str, name: str) -> bool:
    try:
        return parse_object_key(name).prefix == prefix
    except InvalidKey:
        return False


def _object_batch(checked: int, outcomes: Mapping[ObjectState, SweepOutcome]) -> Batch:
    candidates = [
        Candidate(Kind.OBJECT, one.object_key, one.seen_seconds, outcome)
        for one, outcome in outcomes.items()
    ]
    return Batch(Kind.OBJECT, checked, tuple(candidates))


# Both.


def _outcome(stores: SweepStores, seen_seconds: float | None) -> SweepOutcome:
    if seen_seconds is None:
        return SweepOutcome.NOTED
    is_due = seen_seconds >= stores.grace_seconds
    return SweepOutcome.DUE if is_due else SweepOutcome.WAITING


def _swept(batch: Batch, seconds: float) -> Swept:
    outcomes = Counter(candidate.outcome for candidate in batch.candidates)
    return Swept(
        kind=batch.kind.value,
        checked=batch.checked,
        noted=outcomes[SweepOutcome.NOTED],
        waiting=outcomes[SweepOutcome.WAITING] + outcomes[SweepOutcome.HELD_BACK],
        removed=outcomes[SweepOutcome.REMOVED],
        kept=outcomes[SweepOutcome.KEPT],
        seconds=seconds,
    )
