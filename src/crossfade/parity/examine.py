"""Keys looked at one by one, in the one order of reads from which a verdict can be drawn.

What the ledger acknowledged, the row with its version, the item, the version again. Every read is
of the stores themselves, never of a replica.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from crossfade.errors import BrokenPointer, InvalidKey, Rejected
from crossfade.jobs.backoff import doubled_seconds
from crossfade.mapping.codec.codec import StoredItem
from crossfade.mapping.state import Key
from crossfade.parity.comparison.readers import Readers
from crossfade.parity.comparison.records import ItemKey, Reader, is_tombstone
from crossfade.parity.comparison.verdicts import Observation, foreign, judge
from crossfade.parity.model import Cause, Comparison, Verdict
from crossfade.parity.ports import ItemReader, KeyStatusReader, ObjectReader
from crossfade.ports import Item, Source


@dataclass(frozen=True, slots=True)
class Stores:
    """What is read.

    Attributes:
        readers: how rows and items are compared.
        attempts_max: how often a key is read that changes meanwhile.
        pause_seconds: the longest pause before the second attempt; it doubles.
        objects_in_flight_max: objects looked at side by side.
    """

    readers: Readers
    key_statuses: KeyStatusReader
    source: Source
    items: ItemReader
    objects: ObjectReader
    attempts_max: int = 4
    pause_seconds: float = 0.04
    objects_in_flight_max: int = 16


class KeyChecker:
    """Satisfies `verification.Examiner`.

    Args:
        stores: what is read.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        readers = list(stores.readers.by_name.values())
        self._key_fields = readers[0].key_fields
        self._place = readers[0].place
        self._objects = asyncio.Semaphore(stores.objects_in_flight_max)

    async def keys(self, asked: Sequence[Key], *, is_deep: bool) -> list[Comparison]:
        """Return the verdict on each key; one that changes through every attempt is a race.

        Args:
            asked: keys of the ledger, each once.
            is_deep: read and hash the objects of keys that are otherwise equal, instead of only
                looking whether they are there.
        """
        judged: dict[Key, Comparison] = {}
        left = asked
        for attempt in range(self._stores.attempts_max):
            if attempt:
                ceiling = doubled_seconds(self._stores.pause_seconds, attempt, inf)
                await asyncio.sleep(random.random() * ceiling)  # noqa: S311 - keeps no secret
            judged |= {one.key: one for one in await self._look(left, is_deep=is_deep)}
            left = [key for key in left if judged[key].verdict is Verdict.RACE]
            if not left:
                break
        return [judged[key] for key in asked]

    async def places(
        self, asked: Sequence[ItemKey], *, is_deep: bool, without: Collection[str] = ()
    ) -> list[Comparison]:
        """Return the verdict on the live item at each item key; none where there is none.

        Args:
            asked: keys of items.
            is_deep: as for `keys`.
            without: mappings whose rows are not looked at; none for their items.
        """
        readers = self._stores.readers
        judged: list[Comparison] = []
        known: dict[Key, None] = {}
        for item in await self._stores.items.get([self._table_key(one) for one in asked]):
            reader = readers.owner(item)
            if is_tombstone(item) or reader is None:
                continue
            key = reader.key_of_item(item) if readers.named_by(item) is reader else None
            if key is None:
                judged.append(foreign(reader, item))
            elif key.entity not in without:
                known[key] = None
        return [*judged, *await self.keys(list(known), is_deep=is_deep)]

    async def item(self, key: Key) -> Item | None:
        """Return what stands under a ledger key, tombstones too."""
        return (await self._items([key])).get(key)

    async def _look(self, asked: Sequence[Key], *, is_deep: bool) -> Sequence[Comparison]:
        if not asked:
            return ()
        before = await self._stores.key_statuses.read(asked)
        states = await self._stores.source.fetch(asked)
        items = await self._items(asked)
        after = await self._stores.key_statuses.read(asked)
        sights = [
            Observation(known, state, items.get(key), again.version)
            for key, known, state, again in zip(asked, before, states, after, strict=True)
        ]
        return await asyncio.gather(*(self._judge(sight, is_deep=is_deep) for sight in sights))

    async def _judge(self, sight: Observation, *, is_deep: bool) -> Comparison:
        reader = self._stores.readers.by_name[sight.state.key.entity]
        comparison = judge(reader, sight)
        item = sight.item
        if comparison.verdict is not Verdict.EQUAL or item is None or is_tombstone(item):
            return comparison
        for pointer in reader.pointers(item):
            if not await self._is_whole(pointer, is_deep=is_deep):
                return _broken(reader, comparison, item, pointer)
        return comparison

    async def _items(self, asked: Sequence[Key]) -> dict[Key, Item]:
        """Return what stands under the item key of each ledger key that has one."""
        wanted: dict[ItemKey, Key] = {}
        table_keys: list[dict[str, Any]] = []
        for key in asked:
            try:
                table_key = self._stores.readers.by_name[key.entity].codec.table_key(key)
            except Rejected:
                continue
            wanted[self._place(table_key)] = key
            table_keys.append(table_key)
        return {
            wanted[self._place(item)]: item for item in await self._stores.items.get(table_keys)
        }

    async def _is_whole(self, pointer: str, *, is_deep: bool) -> bool:
        async with self._objects:
            try:
                if is_deep:
                    async for _ in self._stores.objects.open_stream(pointer):
                        pass
                else:
                    await self._stores.objects.head(pointer)
            except (BrokenPointer, InvalidKey):
                return False
            return True

    def _table_key(self, place: ItemKey) -> dict[str, Any]:
        return {name: _value(text) for name, text in zip(self._key_fields, place, strict=True)}


def _broken(reader: Reader, comparison: Comparison, item: StoredItem, pointer: str) -> Comparison:
    fields = sorted(name for name in reader.pointer_fields if item.get(name) == {"S": pointer})
    return replace(
        comparison, verdict=Verdict.DRIFT_OBJECT, fields=tuple(fields), cause=Cause.LOST_OBJECT
    )


def _value(text: str) -> dict[str, str]:
    """Return a key's text as DynamoDB's value."""
    kind, separator, number = text.partition("\0")
    return {"N": number} if separator and kind == "N" else {"S": text}
