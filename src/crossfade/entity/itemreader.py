"""Functions that read items, written out attribute by attribute when an entity is declared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from crossfade.entity.transforms import Transform

ReadItem = Callable[[Mapping[str, Any]], dict[str, Any]]

_HEAD: Final = "def read(item):\n    get, found = item.get, {}\n"
_PLAIN: Final = "    if (value := get({field!r})) is not None:\n"
_READ: Final = (
    _PLAIN + "        value = readers[{field!r}](value, item)\n    if value is not None:\n"
)
_NULLABLE: Final = "    if {field!r} in item:\n        value = get({field!r})\n"
_NULLABLE_READ: Final = _NULLABLE + "        value = readers[{field!r}](value, item)\n"
_STORE: Final = "        found[{name!r}] = value\n"


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
                value = readers['tags'](value, item)
            if value is not None:
                found['tags'] = value
            return found

    Args:
        slots: by field: the attribute's name, and what reads it unless it is stored as it is.
        nullable: the attributes that may be NULL; of others, NULL is as good as absent.
    """
    lines = [_HEAD]
    for field, (name, read) in slots.items():
        if name in nullable:
            line = _NULLABLE_READ if read else _NULLABLE
        else:
            line = _READ if read else _PLAIN
        lines.append((line + _STORE).format(field=field, name=name))
    scope: dict[str, Any] = {"readers": {field: read for field, (_, read) in slots.items()}}
    exec("".join((*lines, "    return found\n")), scope)  # noqa: S102 - only quoted names go in
    written: ReadItem = scope["read"]
    return written
