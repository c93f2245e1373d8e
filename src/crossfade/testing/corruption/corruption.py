"""Deliberate corruption: make two equal stores differ in each known way, to test verification.

For staging and tests, never for production; `crossfade corrupt` asks for proof of that. Like the
audit, it uses botocore's clients and none of the code that writes items. It reads the whole table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from random import Random

import psycopg

from crossfade.errors import NoItemKey
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.state import Key
from crossfade.testing.audit import Stores
from crossfade.testing.corruption.changes import apply
from crossfade.testing.corruption.kinds import Corruption, Damage, KeyedItem, Selection, StoredItem
from crossfade.testing.corruption.plans import plan

__all__ = ["Corruption", "Injected", "corrupt"]

_Place = tuple[str, str]
"""A partition and a sort key."""


@dataclass(frozen=True, slots=True)
class Injected:
    """One corruption that was injected.

    Attributes:
        corruption: its class.
        entity: the name of the mapping.
        keys: the ledger keys that differ because of it.
    """

    corruption: Corruption
    entity: str
    keys: tuple[Key, ...]


def corrupt(
    stores: Stores,
    mappings: Sequence[Mapping],
    corruptions: Sequence[Corruption],
    *,
    seed: int,
    count: int = 1,
) -> tuple[Injected, ...]:
    """Damage the stores with each corruption `count` times, no key twice; blocks.

    Rows and items must not change meanwhile.

    Args:
        stores: the stores to damage.
        mappings: the declarations.
        corruptions: the classes of corruption.
        seed: equal seeds cause equal damage to equal stores.
        count: how often to inject each class.

    Returns:
        The corruptions that were injected: fewer than requested if no remaining item suits a class.

    Raises:
        ConfigurationError: no column of a table can be changed.
    """
    random = Random(seed)  # noqa: S311 - repeatable, keeps no secret
    entities = list(_items_by_entity(stores, mappings))
    touched: set[Key] = set()
    done: list[Injected] = []
    for corruption in corruptions:
        for _ in range(count):
            found = _choose(corruption, entities, touched, random)
            if found is None:
                break
            mapping, damage = found
            for change in damage.changes:
                apply(stores, mapping, change)
            touched.update(damage.keys)
            done.append(Injected(corruption, mapping.name, damage.keys))
    return tuple(done)


@dataclass(frozen=True, slots=True)
class _EntityItems:
    """The items of one mapping's rows, in the order of their ledger keys, and its tombstones."""

    codec: Codec
    items: tuple[KeyedItem, ...]
    tombstones: tuple[KeyedItem, ...]


def _choose(
    corruption: Corruption, entities: Sequence[_EntityItems], touched: set[Key], random: Random
) -> tuple[Mapping, Damage] | None:
    """Return the damage to the first item, in random order, that suits the class."""
    places = [(entity, at) for entity in entities for at in range(len(entity.items))]
    random.shuffle(places)
    for entity, position in places:
        tombstones = tuple(one for one in entity.tombstones if one.key not in touched)
        selection = Selection(entity.codec, entity.items, position, tombstones, random)
        damage = plan(corruption, selection)
        if damage is not None and touched.isdisjoint(damage.keys):
            return entity.codec.mapping, damage
    return None


def _items_by_entity(stores: Stores, mappings: Sequence[Mapping]) -> Iterator[_EntityItems]:
    stored = _items(stores)
    with psycopg.connect(stores.dsn) as connection:
        for mapping in mappings:
            codec = Codec(mapping)
            items = sorted(_live_items(codec, stored), key=lambda item: _order(item.key))
            tombstones = _tombstones(connection, codec, stored)
            yield _EntityItems(codec, tuple(items), tuple(tombstones))


def _live_items(codec: Codec, items: MappingOf[_Place, StoredItem]) -> Iterator[KeyedItem]:
    """Yield the items of the mapping's rows."""
    names = {shape.entity for shape in codec.mapping.shapes}
    for item in items.values():
        if item.get("__edb_e__", {}).get("S") in names:
            yield KeyedItem(codec.key_of(codec.decode(item).columns), item)


def _tombstones(
    connection: psycopg.Connection[tuple[list[str | None]]],
    codec: Codec,
    items: MappingOf[_Place, StoredItem],
) -> Iterator[KeyedItem]:
    """Yield the tombstones of the mapping, found by the keys of its ledger."""
    name = codec.mapping.name
    rows = connection.execute(
        "SELECT key FROM crossfade.ledger WHERE entity = %s ORDER BY key", (name,)
    )
    for (parts,) in rows.fetchall():
        key = Key(name, tuple(parts))
        try:
            item = items.get(_place(codec.table_key(key)), {})
        except NoItemKey:
            continue
        if "cf_deleted" in item:
            yield KeyedItem(key, item)


def _items(stores: Stores) -> dict[_Place, StoredItem]:
    pages = stores.dynamodb.get_paginator("scan").paginate(
        TableName=stores.table_name, ConsistentRead=True
    )
    return {_place(item): item for page in pages for item in page["Items"]}


def _place(item: StoredItem) -> _Place:
    return item["pk"]["S"], item["sk"]["S"]


def _order(key: Key) -> tuple[str, ...]:
    return tuple(part or "" for part in key.parts)
