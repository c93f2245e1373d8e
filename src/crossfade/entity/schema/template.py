"""Key templates: literal text with ``${name}`` slots. There is no escape."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crossfade.entity.errors import Code, EntityError

_SLOT = re.compile(r"\$\{([^}]*)\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A literal and the slot after it; `name` is empty after the last literal."""

    literal: str
    name: str


def parse(template: str, where: str) -> tuple[Piece, ...]:
    """The pieces of a template, in order.

    Raises:
        EntityError: 1003 for an empty slot.
    """
    pieces: list[Piece] = []
    end = 0
    for slot in _SLOT.finditer(template):
        if not slot[1].strip():
            raise EntityError(
                Code.INVALID_KEY_COMPOSITE_ATTRIBUTE_TEMPLATE,
                f"{where}: the template has an empty slot ${{}}; name an attribute in it",
            )
        pieces.append(Piece(template[end : slot.start()], slot[1]))
        end = slot.end()
    if end < len(template):
        pieces.append(Piece(template[end:], ""))
    return tuple(pieces)


def names(template: str, where: str) -> tuple[str, ...]:
    """The attributes in a template's slots, in order."""
    return tuple(piece.name for piece in parse(template, where) if piece.name)


def rename(template: str, new_names: dict[str, str]) -> str:
    """The same template with its attributes renamed."""
    return _SLOT.sub(lambda slot: f"${{{new_names.get(slot[1], slot[1])}}}", template)
