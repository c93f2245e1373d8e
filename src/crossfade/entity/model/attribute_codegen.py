"""The generator of the function that reads an item's attributes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from crossfade.entity.model.codegen import FunctionBuilder
from crossfade.entity.values.transforms import Transform

ReadItem = Callable[[Mapping[str, Any]], dict[str, Any]]


def item_reader(
    readers: Mapping[str, tuple[str, Transform | None]], nullable: Collection[str]
) -> ReadItem:
    """Generate the function that reads a stored item's attributes, one statement each, no loop.

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
        readers: by field, the attribute's name and its reader; None if values are stored unchanged.
        nullable: the attributes that may be NULL; for others, NULL counts as absent.
    """
    builder = FunctionBuilder("read", "item")
    builder.line("get, found = item.get, {}")
    for field, (name, read) in readers.items():
        _emit_attribute(builder, field, name, read, may_be_null=name in nullable)
    builder.line("return found")
    return builder.build()


def _emit_attribute(
    builder: FunctionBuilder, field: str, name: str, read: Transform | None, *, may_be_null: bool
) -> None:
    store = f"found[{name!r}] = value"
    present = (
        f"if {field!r} in item:" if may_be_null else f"if (value := get({field!r})) is not None:"
    )
    with builder.block(present):
        if may_be_null:
            builder.line(f"value = get({field!r})")
        if read is not None:
            builder.line(f"value = {builder.bind(read, 'read')}(value, item)")
        if read is None or may_be_null:
            builder.line(store)
            return
        with builder.block("if value is not None:"):
            builder.line(store)
