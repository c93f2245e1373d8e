"""Corruption on purpose: make two equal stores differ in every known way, to see it found.

For staging and tests, never for production: `crossfade corrupt` asks for proof of that. Like the
audit it goes past everything that writes items, through botocore's own clients. It reads the whole
table.
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
from crossfade.testing.corruption.kinds import Corruption, Harm, Peer, Scene, StoredItem
from crossfade.testing.corruption.plans import plan

__all__ = ["Corruption", "Injected", "corrupt"]

_Place = tuple[str, str]
"""A partition and a sort key."""


@dataclass(frozen=True, slots=True)
class Injected:
    """One corruption that was done, and the ledger keys that differ by it."""

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
    """Damage the stores, each corruption `count` times, no key twice; blocks.

    Rows and items must not change meanwhile.

    Args:
        stores: what to damage.
        mappings: the declarations.
        corruptions: the classes.
        seed: equal seeds do equal damage to equal stores.
        count: how often each.

    Returns:
        What was done; fewer than asked when no key is left that offers what a class needs.
    """
    random = Random(seed)  # noqa: S311 - repeatable, keeps no secret
    crowds = list(_crowds(stores, mappings))
    touched: set[Key] = set()
    done: list[Injected] = []
    for corruption in corruptions:
        for _ in range(count):
            found = _choose(corruption, crowds, touched, random)
            if found is None:
                break
            mapping, harm = found
            for change in harm.changes:
                apply(stores, mapping, change)
            touched.update(harm.keys)
            done.append(Injected(corruption, mapping.name, harm.keys))
    return tuple(done)


@dataclass(frozen=True, slots=True)
class _Crowd:
    """The items of one mapping, in the order of their ledger keys, and its tombstones."""

    codec: Codec
    peers: tuple[Peer, ...]
    graves: tuple[Peer, ...]


def _choose(
    corruption: Corruption, crowds: Sequence[_Crowd], touched: set[Key], random: Random
) -> tuple[Mapping, Harm] | None:
    """Return the harm to the first victim, in random order, that offers what a class needs."""
    places = [(crowd, at) for crowd in crowds for at in range(len(crowd.peers))]
    random.shuffle(places)
    for crowd, position in places:
        graves = tuple(grave for grave in crowd.graves if grave.key not in touched)
        harm = plan(corruption, Scene(crowd.codec, crowd.peers, position, graves, random))
        if harm is not None and touched.isdisjoint(harm.keys):
            return crowd.codec.mapping, harm
    return None


def _crowds(stores: Stores, mappings: Sequence[Mapping]) -> Iterator[_Crowd]:
    items = _items(stores)
    with psycopg.connect(stores.dsn) as connection:
        for mapping in mappings:
            codec = Codec(mapping)
            peers = sorted(_peers(codec, items), key=lambda peer: _order(peer.key))
            yield _Crowd(codec, tuple(peers), tuple(_graves(connection, codec, items)))


def _peers(codec: Codec, items: MappingOf[_Place, StoredItem]) -> Iterator[Peer]:
    """Return the items that the mapping made."""
    names = {shape.entity for shape in codec.mapping.shapes}
    for item in items.values():
        if item.get("__edb_e__", {}).get("S") in names:
            yield Peer(codec.key_of(codec.decode(item).columns), item)


def _graves(
    connection: psycopg.Connection[tuple[list[str | None]]],
    codec: Codec,
    items: MappingOf[_Place, StoredItem],
) -> Iterator[Peer]:
    """Return the tombstones of the mapping; the ledger knows whose they are."""
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
            yield Peer(key, item)


def _items(stores: Stores) -> dict[_Place, StoredItem]:
    pages = stores.dynamodb.get_paginator("scan").paginate(
        TableName=stores.table_name, ConsistentRead=True
    )
    return {_place(item): item for page in pages for item in page["Items"]}


def _place(item: StoredItem) -> _Place:
    return item["pk"]["S"], item["sk"]["S"]


def _order(key: Key) -> tuple[str, ...]:
    return tuple(part or "" for part in key.parts)
