"""Key templates: literal text with ``${name}`` slots. A slot cannot be escaped."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crossfade.entity.errors import Code, EntityError

_SLOT = re.compile(r"\$\{([^}]*)\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A literal and the slot after it; `name` is empty if no slot follows."""

    literal: str
    name: str


def parse(template: str, where: str) -> tuple[Piece, ...]:
    """Return the pieces of a template, in order.

    Raises:
        EntityError: 1003 for an empty slot.
    """
    pieces: list[Piece] = []
    end = 0
    for slot in _SLOT.finditer(template):
        if not slot[1].strip():
            raise EntityError(
                Code.INVALID_KEY_COMPOSITE_ATTRIBUTE_TEMPLATE,
                f"{where}: the template has an empty slot ${{}}; put an attribute's name in it",
            )
        pieces.append(Piece(template[end : slot.start()], slot[1]))
        end = slot.end()
    if end < len(template):
        pieces.append(Piece(template[end:], ""))
    return tuple(pieces)


def names(template: str, where: str) -> tuple[str, ...]:
    """Return the attributes in a template's slots, in order.

    Raises:
        EntityError: 1003 for an empty slot.
    """
    return tuple(piece.name for piece in parse(template, where) if piece.name)


def rename(template: str, new_names: dict[str, str]) -> str:
    """Return the template with its attributes renamed."""
    return _SLOT.sub(lambda slot: f"${{{new_names.get(slot[1], slot[1])}}}", template)
