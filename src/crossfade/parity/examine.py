"""Keys compared one by one, in the only order of reads from which a verdict can be drawn.

The ledger's entry, the row with its version, the item, the version again. Every read is of the
stores themselves, never of a replica.
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
class CheckLimits:
    """How often and how fast keys are read.

    Attributes:
        attempts_max: how often a key is read that changes meanwhile.
        pause_seconds: the longest pause before the second attempt; it doubles.
        objects_in_flight_max: objects read at once.
    """

    attempts_max: int = 4
    pause_seconds: float = 0.04
    objects_in_flight_max: int = 16


class KeyChecker:
    """Compares single keys in both stores; satisfies `parity.ports.Checker`.

    Args:
        readers: turn rows and items into records.
        statuses: the ledger's entries.
        source: the rows.
        items: the target's items.
        objects: the large columns.
        limits: how often and how fast.
    """

    def __init__(
        self,
        *,
        readers: Readers,
        statuses: KeyStatusReader,
        source: Source,
        items: ItemReader,
        objects: ObjectReader,
        limits: CheckLimits | None = None,
    ) -> None:
        self._readers = readers
        self._statuses = statuses
        self._source = source
        self._items = items
        self._objects = objects
        self._limits = limits or CheckLimits()
        self._any_reader = next(iter(readers.by_name.values()))
        self._in_flight = asyncio.Semaphore(self._limits.objects_in_flight_max)

    async def check_keys(self, keys: Sequence[Key], *, is_deep: bool) -> list[Comparison]:
        """Return the verdict on each key; one that changes through every attempt is a race.

        Args:
            keys: keys of the ledger, each once.
            is_deep: read and hash the objects of keys that are otherwise equal, instead of only
                checking that they exist.
        """
        compared: dict[Key, Comparison] = {}
        left = keys
        for attempt in range(self._limits.attempts_max):
            if attempt:
                ceiling_seconds = doubled_seconds(self._limits.pause_seconds, attempt, inf)
                await asyncio.sleep(random.random() * ceiling_seconds)  # noqa: S311 - no secret
            compared |= {one.key: one for one in await self._compare(left, is_deep=is_deep)}
            left = [key for key in left if compared[key].verdict is Verdict.RACE]
            if not left:
                break
        return [compared[key] for key in keys]

    async def check_items(
        self, item_keys: Sequence[ItemKey], *, is_deep: bool, without: Collection[str] = ()
    ) -> list[Comparison]:
        """Return one verdict per live item; item keys without an item are omitted.

        Args:
            item_keys: keys of items.
            is_deep: as for `check_keys`.
            without: mappings to skip; their items are omitted.
        """
        compared: list[Comparison] = []
        known: dict[Key, None] = {}
        for item in await self._items.get([self._table_key(one) for one in item_keys]):
            reader = self._readers.owner(item)
            if is_tombstone(item) or reader is None:
                continue
            is_named = self._readers.owner_by_identifier(item) is reader
            key = reader.key_of_item(item) if is_named else None
            if key is None:
                compared.append(foreign(reader, item))
            elif key.entity not in without:
                known[key] = None
        return [*compared, *await self.check_keys(list(known), is_deep=is_deep)]

    async def read_item(self, key: Key) -> Item | None:
        """Return the item under a ledger key, tombstones too."""
        return (await self._read_items([key])).get(key)

    async def _compare(self, keys: Sequence[Key], *, is_deep: bool) -> Sequence[Comparison]:
        if not keys:
            return ()
        before = await self._statuses.read(keys)
        states = await self._source.fetch(keys)
        items = await self._read_items(keys)
        after = await self._statuses.read(keys)
        observations = [
            Observation(known, state, items.get(key), again.version)
            for key, known, state, again in zip(keys, before, states, after, strict=True)
        ]
        return await asyncio.gather(*(self._judge(one, is_deep=is_deep) for one in observations))

    async def _judge(self, observation: Observation, *, is_deep: bool) -> Comparison:
        reader = self._readers.by_name[observation.state.key.entity]
        comparison = judge(reader, observation)
        item = observation.item
        if comparison.verdict is not Verdict.EQUAL or item is None or is_tombstone(item):
            return comparison
        for pointer in reader.pointers(item):
            if not await self._is_whole(pointer, is_deep=is_deep):
                return _broken(reader, comparison, item, pointer)
        return comparison

    async def _read_items(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Return the items under the item keys of the ledger keys that have one."""
        wanted: dict[ItemKey, Key] = {}
        table_keys: list[dict[str, Any]] = []
        for key in keys:
            try:
                table_key = self._readers.by_name[key.entity].codec.table_key(key)
            except Rejected:
                continue
            wanted[self._any_reader.item_key(table_key)] = key
            table_keys.append(table_key)
        items = await self._items.get(table_keys)
        return {wanted[self._any_reader.item_key(item)]: item for item in items}

    async def _is_whole(self, pointer: str, *, is_deep: bool) -> bool:
        async with self._in_flight:
            try:
                if is_deep:
                    async for _ in self._objects.open_stream(pointer):
                        pass
                else:
                    await self._objects.head(pointer)
            except (BrokenPointer, InvalidKey):
                return False
            return True

    def _table_key(self, item_key: ItemKey) -> dict[str, Any]:
        fields = self._any_reader.key_fields
        return {name: _value(text) for name, text in zip(fields, item_key, strict=True)}


def _broken(reader: Reader, comparison: Comparison, item: StoredItem, pointer: str) -> Comparison:
    fields = sorted(name for name in reader.pointer_fields if item.get(name) == {"S": pointer})
    return replace(
        comparison, verdict=Verdict.DRIFT_OBJECT, fields=tuple(fields), cause=Cause.LOST_OBJECT
    )


def _value(text: str) -> dict[str, str]:
    """Return the text of a key as DynamoDB's value."""
    kind, separator, number = text.partition("\0")
    return {"N": number} if separator and kind == "N" else {"S": text}
