"""What each corruption does to the stores, as values; nothing is changed here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from hashlib import sha256
from types import MappingProxyType

from crossfade.mapping.declaration.columns import Column
from crossfade.mapping.object_keys import object_key, parse_object_key
from crossfade.mapping.state import Live
from crossfade.testing.corruption.edits import EDITS, VERSION, editable
from crossfade.testing.corruption.kinds import (
    AddObject,
    ChangeRow,
    Corruption,
    DeleteItem,
    DeleteObject,
    Harm,
    Peer,
    PutItem,
    ReplaceObject,
    Scene,
    StoredItem,
    TruncateObject,
)

Plan = Callable[[Scene], Harm | None]
WINDOW_ROWS_MAX = 5
OLD_CONTENT = "What stood here before."


def plan(corruption: Corruption, scene: Scene) -> Harm | None:
    """Return what a corruption does to the scene's victim; None when it offers nothing for it."""
    edit = EDITS.get(corruption)
    if edit is None:
        return _PLANS[corruption](scene)
    damaged = edit(scene.codec.mapping, scene.victim.item, scene.random)
    return None if damaged is None else Harm((scene.victim.key,), (PutItem(damaged),))


def _lost_item(scene: Scene) -> Harm:
    return _losing(scene.victim)


def _boundary_rows(scene: Scene) -> Harm:
    ends = {peer.key: peer for peer in (scene.peers[0], scene.peers[-1])}
    return _losing(*ends.values())


def _skipped_window(scene: Scene) -> Harm:
    return _losing(*scene.peers[scene.position : scene.position + WINDOW_ROWS_MAX])


def _losing(*lost: Peer) -> Harm:
    return Harm(tuple(peer.key for peer in lost), tuple(DeleteItem(peer.item) for peer in lost))


def _lost_delete(scene: Scene) -> Harm | None:
    """Bring a deleted row's item back, as though its tombstone had never been written."""
    if not scene.graves:
        return None
    grave = scene.random.choice(scene.graves)
    names = scene.codec.mapping.key_columns
    parts = {name: part for name, part in zip(names, grave.key.parts, strict=True) if part}
    item = _rewritten(scene, parts, int(grave.item[VERSION]["N"]) - 1)
    return Harm((grave.key,), (PutItem(item),))


def _extra_item(scene: Scene) -> Harm | None:
    """Add the item of a row that never was: a copy under another primary key."""
    mapping = scene.codec.mapping
    columns = scene.codec.decode(scene.victim.item).columns
    by_name = {column.name: column for column in mapping.columns}
    name = mapping.primary_key[-1]
    other = _another(by_name[name], columns[name] or "", scene)
    item = _rewritten(scene, {name: other}, 1)
    key = scene.codec.key_of({**columns, name: other})
    return Harm((key,), (PutItem(item),))


def _another(column: Column, text: str, scene: Scene) -> str:
    """Return a value of a key column that no row has."""
    if column.type == "uuid":
        return str(uuid.UUID(int=scene.random.getrandbits(128), version=4))
    if text.isdecimal():
        return str(2_000_000_000 + scene.random.randrange(100_000_000))
    return f"{text}-{scene.random.randrange(10**6)}"


def _rewritten(scene: Scene, columns: MappingOf[str, str], version: int) -> StoredItem:
    """Return the victim's item as it were with other columns."""
    stored = scene.codec.decode(scene.victim.item)
    live = Live(scene.victim.key, max(version, 0), {**stored.columns, **columns})
    return scene.codec.encode(live).item


def _swapped_attributes(scene: Scene) -> Harm | None:
    """Exchange one attribute between the victim and another item."""
    victim = scene.victim
    for other in _others(scene):
        fields = [
            column.field
            for column in editable(scene.codec.mapping)
            if victim.item.get(column.field) != other.item.get(column.field)
            and column.field in victim.item
            and column.field in other.item
        ]
        if fields:
            field = scene.random.choice(fields)
            return Harm(
                (victim.key, other.key),
                (
                    PutItem({**victim.item, field: other.item[field]}),
                    PutItem({**other.item, field: victim.item[field]}),
                ),
            )
    return None


def _wrong_pointer(scene: Scene) -> Harm | None:
    """Point to an object of another row."""
    for attribute in _pointers(scene):
        for other in _others(scene):
            if attribute in other.item:
                damaged = {**scene.victim.item, attribute: other.item[attribute]}
                return Harm((scene.victim.key,), (PutItem(damaged),))
    return None


def _old_pointer(scene: Scene) -> Harm | None:
    """Point to an object of the same row with another content."""
    for attribute, pointer in _pointers(scene).items():
        place = parse_object_key(pointer)
        digest = sha256(OLD_CONTENT.encode()).hexdigest()
        old = object_key(place.prefix, place.row_id, digest)
        damaged = {**scene.victim.item, attribute: {"S": old}}
        return Harm((scene.victim.key,), (AddObject(old, OLD_CONTENT), PutItem(damaged)))
    return None


def _missing_object(scene: Scene) -> Harm | None:
    return _harming_object(scene, DeleteObject)


def _truncated_object(scene: Scene) -> Harm | None:
    return _harming_object(scene, TruncateObject)


def _wrong_object(scene: Scene) -> Harm | None:
    return _harming_object(scene, ReplaceObject)


def _harming_object(
    scene: Scene, change: type[DeleteObject | TruncateObject | ReplaceObject]
) -> Harm | None:
    pointers = sorted(_pointers(scene).values())
    if not pointers:
        return None
    return Harm((scene.victim.key,), (change(scene.random.choice(pointers)),))


def _tombstone_over_row(scene: Scene) -> Harm:
    key, item = scene.victim.key, scene.victim.item
    tombstone = {
        **scene.codec.table_key(key),
        VERSION: item[VERSION],
        "cf_deleted": {"BOOL": True},
    }
    return Harm((key,), (PutItem(tombstone),))


def _uncaptured_change(scene: Scene) -> Harm:
    key = scene.victim.key
    named = dict(zip(scene.codec.mapping.key_columns, key.parts, strict=True))
    primary_key = tuple(named[name] or "" for name in scene.codec.mapping.primary_key)
    return Harm((key,), (ChangeRow(primary_key),))


def _others(scene: Scene) -> list[Peer]:
    """Return the other items, the nearest first."""
    return [*scene.peers[scene.position + 1 :], *reversed(scene.peers[: scene.position])]


def _pointers(scene: Scene) -> dict[str, str]:
    """Return the victim's object keys by the attribute that holds them."""
    item = scene.victim.item
    attributes = (body.attribute for body in scene.codec.mapping.bodies)
    return {name: item[name]["S"] for name in attributes if name in item}


_PLANS: MappingOf[Corruption, Plan] = MappingProxyType(
    {
        Corruption.LOST_ITEM: _lost_item,
        Corruption.LOST_DELETE: _lost_delete,
        Corruption.EXTRA_ITEM: _extra_item,
        Corruption.SWAPPED_ATTRIBUTES: _swapped_attributes,
        Corruption.WRONG_POINTER: _wrong_pointer,
        Corruption.OLD_POINTER: _old_pointer,
        Corruption.MISSING_OBJECT: _missing_object,
        Corruption.TRUNCATED_OBJECT: _truncated_object,
        Corruption.WRONG_OBJECT: _wrong_object,
        Corruption.TOMBSTONE_OVER_ROW: _tombstone_over_row,
        Corruption.BOUNDARY_ROWS: _boundary_rows,
        Corruption.UNCAPTURED_CHANGE: _uncaptured_change,
        Corruption.SKIPPED_WINDOW: _skipped_window,
    }
)
