"""Plans of the changes that each corruption makes, as values; pure."""

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
    Damage,
    DeleteItem,
    DeleteObject,
    KeyedItem,
    PutItem,
    ReplaceObject,
    Selection,
    StoredItem,
    TruncateObject,
)

Plan = Callable[[Selection], Damage | None]
WINDOW_ROWS_MAX = 5
OLD_CONTENT = "What stood here before."


def plan(corruption: Corruption, selection: Selection) -> Damage | None:
    """Return the damage of a corruption to the chosen item; None if the item does not suit it."""
    edit = EDITS.get(corruption)
    if edit is None:
        return _PLANS[corruption](selection)
    damaged = edit(selection.codec.mapping, selection.chosen.item, selection.random)
    return None if damaged is None else Damage((selection.chosen.key,), (PutItem(damaged),))


def _lost_item(selection: Selection) -> Damage:
    return _lose(selection.chosen)


def _boundary_rows(selection: Selection) -> Damage:
    ends = {one.key: one for one in (selection.items[0], selection.items[-1])}
    return _lose(*ends.values())


def _skipped_window(selection: Selection) -> Damage:
    return _lose(*selection.items[selection.position : selection.position + WINDOW_ROWS_MAX])


def _lose(*lost: KeyedItem) -> Damage:
    return Damage(tuple(one.key for one in lost), tuple(DeleteItem(one.item) for one in lost))


def _lost_delete(selection: Selection) -> Damage | None:
    """Restore the item of a deleted row, as if its tombstone had never been written."""
    if not selection.tombstones:
        return None
    tombstone = selection.random.choice(selection.tombstones)
    names = selection.codec.mapping.key_columns
    parts = {name: part for name, part in zip(names, tombstone.key.parts, strict=True) if part}
    item = _rewritten(selection, parts, int(tombstone.item[VERSION]["N"]) - 1)
    return Damage((tombstone.key,), (PutItem(item),))


def _extra_item(selection: Selection) -> Damage | None:
    """Add the item of a row that does not exist: a copy under another primary key."""
    mapping = selection.codec.mapping
    columns = selection.codec.decode(selection.chosen.item).columns
    by_name = {column.name: column for column in mapping.columns}
    name = mapping.primary_key[-1]
    other = _another(by_name[name], columns[name] or "", selection)
    item = _rewritten(selection, {name: other}, 1)
    key = selection.codec.key_of({**columns, name: other})
    return Damage((key,), (PutItem(item),))


def _another(column: Column, text: str, selection: Selection) -> str:
    """Return a value of a key column that no row has."""
    if column.type == "uuid":
        return str(uuid.UUID(int=selection.random.getrandbits(128), version=4))
    if text.isdecimal():
        return str(2_000_000_000 + selection.random.randrange(100_000_000))
    return f"{text}-{selection.random.randrange(10**6)}"


def _rewritten(selection: Selection, columns: MappingOf[str, str], version: int) -> StoredItem:
    """Return the chosen item with some of its columns replaced."""
    stored = selection.codec.decode(selection.chosen.item)
    live = Live(selection.chosen.key, max(version, 0), {**stored.columns, **columns})
    return selection.codec.encode(live).item


def _swapped_attributes(selection: Selection) -> Damage | None:
    """Exchange one attribute between the chosen item and another one."""
    chosen = selection.chosen
    for other in _others(selection):
        fields = [
            column.field
            for column in editable(selection.codec.mapping)
            if chosen.item.get(column.field) != other.item.get(column.field)
            and column.field in chosen.item
            and column.field in other.item
        ]
        if fields:
            field = selection.random.choice(fields)
            return Damage(
                (chosen.key, other.key),
                (
                    PutItem({**chosen.item, field: other.item[field]}),
                    PutItem({**other.item, field: chosen.item[field]}),
                ),
            )
    return None


def _wrong_pointer(selection: Selection) -> Damage | None:
    """Point to the object of another row."""
    for attribute in _pointers(selection):
        for other in _others(selection):
            if attribute in other.item:
                damaged = {**selection.chosen.item, attribute: other.item[attribute]}
                return Damage((selection.chosen.key,), (PutItem(damaged),))
    return None


def _old_pointer(selection: Selection) -> Damage | None:
    """Point to an object of the same row with other content."""
    for attribute, pointer in _pointers(selection).items():
        place = parse_object_key(pointer)
        digest = sha256(OLD_CONTENT.encode()).hexdigest()
        old = object_key(place.prefix, place.row_id, digest)
        damaged = {**selection.chosen.item, attribute: {"S": old}}
        return Damage((selection.chosen.key,), (AddObject(old, OLD_CONTENT), PutItem(damaged)))
    return None


def _missing_object(selection: Selection) -> Damage | None:
    return _damage_object(selection, DeleteObject)


def _truncated_object(selection: Selection) -> Damage | None:
    return _damage_object(selection, TruncateObject)


def _wrong_object(selection: Selection) -> Damage | None:
    return _damage_object(selection, ReplaceObject)


def _damage_object(
    selection: Selection, change: type[DeleteObject | TruncateObject | ReplaceObject]
) -> Damage | None:
    pointers = sorted(_pointers(selection).values())
    if not pointers:
        return None
    return Damage((selection.chosen.key,), (change(selection.random.choice(pointers)),))


def _tombstone_over_row(selection: Selection) -> Damage:
    key, item = selection.chosen.key, selection.chosen.item
    tombstone = {
        **selection.codec.table_key(key),
        VERSION: item[VERSION],
        "cf_deleted": {"BOOL": True},
    }
    return Damage((key,), (PutItem(tombstone),))


def _uncaptured_change(selection: Selection) -> Damage:
    key = selection.chosen.key
    named = dict(zip(selection.codec.mapping.key_columns, key.parts, strict=True))
    primary_key = tuple(named[name] or "" for name in selection.codec.mapping.primary_key)
    return Damage((key,), (ChangeRow(primary_key),))


def _others(selection: Selection) -> list[KeyedItem]:
    """Return the other items: those after the chosen one, then those before it, nearest first."""
    before, after = selection.items[: selection.position], selection.items[selection.position + 1 :]
    return [*after, *reversed(before)]


def _pointers(selection: Selection) -> dict[str, str]:
    """Return the object keys of the chosen item by the attributes that hold them."""
    item = selection.chosen.item
    attributes = (body.attribute for body in selection.codec.mapping.bodies)
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
