"""The sweep: remove tombstones and objects that nobody needs any more, and nothing else does.

Nothing is removed when it is first seen. A sweep notes what it sees; a later one, after the grace
period, removes what is still so. The grace period is longer than any delivery can be under way, so
none that was read before can come after.
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
from crossfade.repair.ports import (
    Items,
    ObjectRemover,
    Orphans,
    Tombstones,
    TombstoneStore,
    Uploads,
)

BATCH_MAX = 200


@dataclass(frozen=True, slots=True)
class Route:
    """What a sweep looks at, and where it removes.

    Attributes:
        codecs: the codec of each mapping by the mapping's name.
        grace_seconds: how long a thing must have been seen before it is removed.
    """

    graves: Tombstones
    orphans: Orphans
    uploads: Uploads
    mark: Mark
    items: Items
    cemetery: TombstoneStore
    attic: ObjectRemover
    codecs: Mapping[str, Codec]
    observe: Observer
    grace_seconds: float


class Kind(StrEnum):
    """What is swept."""

    TOMBSTONE = "tombstone"
    OBJECT = "object"


class SweepOutcome(StrEnum):
    """What becomes of a thing that nobody needs."""

    NOTED = "seen for the first time"
    WAITING = "seen for less than the grace period"
    HELD_BACK = "older changes are on their way"
    DUE = "to be removed"
    REMOVED = "removed"
    KEPT = "needed again"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that nobody needed when it was looked at.

    Attributes:
        name: the ledger key, or the object's.
        seen_seconds: how long it has been known so before; None: not at all.
    """

    kind: Kind
    name: str
    seen_seconds: float | None
    fate: SweepOutcome


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch came to.

    Attributes:
        looked: how many things were looked at.
        remnants: those of them that nobody needed.
    """

    kind: Kind
    looked: int
    remnants: tuple[Candidate, ...]


async def preview(route: Route) -> AsyncGenerator[Batch, None]:
    """Yield what a sweep would note and remove now; nothing is changed."""
    for entity in route.codecs:
        async for graves in _graves(route, entity):
            buried = tuple(_buried(grave, _fate_of_grave(route, grave)) for grave in graves)
            yield Batch(Kind.TOMBSTONE, len(graves), buried)
    for prefix in _prefixes(route):
        async for names in _names(route, prefix):
            looks = await _look(route, prefix, names)
            lost = tuple(_lost(look, _fate(route, look.seen_seconds)) for look in looks)
            yield Batch(Kind.OBJECT, len(names), lost)


async def sweep(route: Route) -> AsyncGenerator[Batch, None]:
    """Note and remove, and yield what became of each batch. It may end after any of them."""
    await _look_after(route)
    started = monotonic()
    async for batch in _batches(route):
        _tell(route, batch, monotonic() - started)
        yield batch
        started = monotonic()


async def _batches(route: Route) -> AsyncIterator[Batch]:
    for entity, codec in route.codecs.items():
        async for graves in _graves(route, entity):
            buried = await _sweep_graves(route, codec, graves)
            yield Batch(Kind.TOMBSTONE, len(graves), buried)
    for prefix in _prefixes(route):
        async for names in _names(route, prefix):
            lost = await _sweep_objects(route, prefix, names)
            yield Batch(Kind.OBJECT, len(names), lost)


def _tell(route: Route, batch: Batch, seconds: float) -> None:
    fates = Counter(remnant.fate for remnant in batch.remnants)
    route.observe(
        Swept(
            kind=batch.kind.value,
            looked=batch.looked,
            noted=fates[SweepOutcome.NOTED],
            waiting=fates[SweepOutcome.WAITING] + fates[SweepOutcome.HELD_BACK],
            removed=fates[SweepOutcome.REMOVED],
            kept=fates[SweepOutcome.KEPT],
            seconds=seconds,
        )
    )


async def _sweep_graves(
    route: Route, codec: Codec, graves: Sequence[TombstoneRecord]
) -> tuple[Candidate, ...]:
    fates = {grave: _fate_of_grave(route, grave) for grave in graves}
    await route.graves.note([grave for grave, fate in fates.items() if fate is SweepOutcome.NOTED])
    emptied = []
    for grave, fate in fates.items():
        if fate is SweepOutcome.DUE:
            is_gone = await _remove_tombstone(route, codec, grave)
            fates[grave] = SweepOutcome.REMOVED if is_gone else SweepOutcome.KEPT
            if is_gone:
                emptied.append(grave)
    await route.graves.close(emptied)
    return tuple(_buried(grave, fate) for grave, fate in fates.items())


async def _remove_tombstone(route: Route, codec: Codec, grave: TombstoneRecord) -> bool:
    try:
        key = codec.table_key(grave.key)
    except NoItemKey:
        return True
    return await route.cemetery.remove_tombstone(key, grave.version)


async def _sweep_objects(route: Route, prefix: str, names: Sequence[str]) -> tuple[Candidate, ...]:
    looks = await _look(route, prefix, names)
    unneeded = {look.object_key for look in looks}
    await route.orphans.release([name for name in names if name not in unneeded])
    await route.orphans.note(sorted(unneeded))
    fates = {look: _fate(route, look.seen_seconds) for look in looks}
    due = [look.object_key for look, fate in fates.items() if fate is SweepOutcome.DUE]
    removed = await _remove_objects(route, prefix, due)
    return tuple(
        _lost(look, fate if fate is not SweepOutcome.DUE else _ended(look.object_key in removed))
        for look, fate in fates.items()
    )


def _ended(is_removed: bool) -> SweepOutcome:  # noqa: FBT001 - the one thing there is to say
    return SweepOutcome.REMOVED if is_removed else SweepOutcome.KEPT


async def _remove_objects(route: Route, prefix: str, names: Sequence[str]) -> frozenset[str]:
    """Remove objects that are still unneeded right before, and mend what was in between.

    They are forgotten first: from then on a delivery that needs one stores it. One that had found
    it standing right before it was removed is seen afterwards, and its row is delivered anew.
    """
    if not names:
        return frozenset()
    await route.orphans.mark_for_removal(names)
    await route.uploads.forget(names)
    unneeded = [look.object_key for look in await _look(route, prefix, names)]
    for name in unneeded:
        await route.attic.remove(name)
    await _mend(route, prefix, unneeded)
    await route.orphans.release(sorted(set(names) - set(unneeded)))
    return frozenset(unneeded)


async def _look_after(route: Route) -> None:
    """Look at what earlier sweeps removed, until the grace period has passed once more."""
    after = ""
    while page := await route.orphans.removed(after, BATCH_MAX):
        after = page[-1][0]
        for name, seconds in page:
            prefix = parse_object_key(name).prefix
            await _mend(route, prefix, [name])
            if seconds >= route.grace_seconds and not await route.attic.exists(name):
                await route.orphans.release([name])


async def _mend(route: Route, prefix: str, names: Sequence[str]) -> None:
    """Have rows delivered anew that need an object which is not there."""
    for look in await route.orphans.states(prefix, names) if names else ():
        if look.is_needed and not await route.attic.exists(look.object_key):
            await route.uploads.forget([look.object_key])
            await route.mark([(key, 0) for key in look.keys])


async def _graves(route: Route, entity: str) -> AsyncIterator[Sequence[TombstoneRecord]]:
    after: Key | None = None
    while page := await route.graves.page(entity, after, BATCH_MAX):
        after = page[-1].key
        yield page


async def _names(route: Route, prefix: str) -> AsyncIterator[Sequence[str]]:
    """Yield the names of our objects under a prefix; those of other making are none of ours."""
    after = ""
    while page := await route.attic.names(prefix, after, BATCH_MAX):
        after = page[-1]
        yield [name for name in page if _is_ours(prefix, name)]


async def _look(route: Route, prefix: str, names: Sequence[str]) -> list[ObjectState]:
    """Return those objects that neither a row nor an item names."""
    if not names:
        return []
    looks = [look for look in await route.orphans.states(prefix, names) if not look.is_needed]
    return [look for look in looks if not await _is_named(route, look)]


async def _is_named(route: Route, look: ObjectState) -> bool:
    """Tell whether an item of the object's row names it."""
    table_keys = []
    for key in look.keys:
        try:
            table_keys.append(route.codecs[key.entity].table_key(key))
        except NoItemKey:
            continue
    items = await route.items.get(table_keys) if table_keys else ()
    named = {"S": look.object_key}
    return any(value == named for item in items for value in item.values())


def _is_ours(prefix: str, name: str) -> bool:
    try:
        return parse_object_key(name).prefix == prefix
    except InvalidKey:
        return False


def _prefixes(route: Route) -> list[str]:
    return sorted({body.prefix for one in route.codecs.values() for body in one.mapping.bodies})


def _fate_of_grave(route: Route, grave: TombstoneRecord) -> SweepOutcome:
    fate = _fate(route, grave.seen_seconds)
    return SweepOutcome.HELD_BACK if fate is SweepOutcome.DUE and not grave.is_drained else fate


def _fate(route: Route, seen_seconds: float | None) -> SweepOutcome:
    if seen_seconds is None:
        return SweepOutcome.NOTED
    return SweepOutcome.DUE if seen_seconds >= route.grace_seconds else SweepOutcome.WAITING


def _buried(grave: TombstoneRecord, fate: SweepOutcome) -> Candidate:
    return Candidate(Kind.TOMBSTONE, str(grave.key), grave.seen_seconds, fate)


def _lost(look: ObjectState, fate: SweepOutcome) -> Candidate:
    return Candidate(Kind.OBJECT, look.object_key, look.seen_seconds, fate)
