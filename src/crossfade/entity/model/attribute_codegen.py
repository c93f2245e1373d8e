"""Functions that read items, written out attribute by attribute when an entity is declared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from crossfade.entity.model.codegen import Source
from crossfade.entity.values.transforms import Transform

ReadItem = Callable[[Mapping[str, Any]], dict[str, Any]]


def item_reader(
    slots: Mapping[str, tuple[str, Transform | None]], nullable: Collection[str]
) -> ReadItem:
    """The function that reads a stored item's attributes, one statement each and no loop.

    For the attributes ``name``, stored as ``n``, and ``tags``, which needs a reader, it is::

        def read(item):
            get, found = item.get, {}
            if (value := get('n')) is not None:
                found['name'] = value
            if (value := get('tags')) is not None:
                value = read_0(value, item)
                if value is not None:
                    found['tags'] = value
            return found

    Args:
        slots: by field: the attribute's name, and what reads it unless it is stored as it is.
        nullable: the attributes that may be NULL; of others, NULL is as good as absent.
    """
    source = Source("read", "item")
    source.line("get, found = item.get, {}")
    for field, (name, read) in slots.items():
        _attribute(source, field, name, read, may_be_null=name in nullable)
    source.line("return found")
    return source.function()


def _attribute(
    source: Source, field: str, name: str, read: Transform | None, *, may_be_null: bool
) -> None:
    store = f"found[{name!r}] = value"
    stored = (
        f"if {field!r} in item:" if may_be_null else f"if (value := get({field!r})) is not None:"
    )
    with source.block(stored):
        if may_be_null:
            source.line(f"value = get({field!r})")
        if read is not None:
            source.line(f"value = {source.bound(read, 'read')}(value, item)")
        if read is None or may_be_null:
            source.line(store)
            return
        with source.block("if value is not None:"):
            source.line(store)
