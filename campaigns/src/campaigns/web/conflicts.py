"""When two people changed the same thing: both versions, field by field, and what each one changed.

A form that changes something carries a mark of what each field showed when it was loaded. So a
field that only one of the two touched is settled; where both did, somebody chooses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request

from campaigns.web.forms import CHECKED, Field, Widget

MARK_PREFIX = "was."
MARK_CHARACTERS = 16


class Side(StrEnum):
    """Whose version of a field."""

    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the two versions differ.

    Attributes:
        field: the field.
        mine: what I typed.
        theirs: what is stored.
        settled: whose version it is when only one of us changed the field, else None.
    """

    field: Field
    mine: str
    theirs: str
    settled: Side | None


@dataclass(frozen=True, slots=True)
class EditConflict:
    """Two versions of one thing.

    Attributes:
        differences: the fields in which they differ.
        agreed: the texts of all other fields, by name.
        marks: marks of the stored version, for the form that follows.
        revision: the stored revision.
    """

    differences: tuple[Difference, ...]
    agreed: Mapping[str, str]
    marks: Mapping[str, str]
    revision: int


def mark(text: str) -> str:
    """Return the mark of what a field showed."""
    return hashlib.sha256(text.encode()).hexdigest()[:MARK_CHARACTERS]


def marks_of(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the marks of a form, by the names of their hidden fields."""
    return {f"{MARK_PREFIX}{name}": mark(text) for name, text in texts.items()}


async def read_marks(request: Request, fields: Sequence[Field]) -> dict[str, str]:
    """Return the marks that a form carries, by the names of their hidden fields."""
    form = await request.form()
    names = [f"{MARK_PREFIX}{field.name}" for field in fields]
    return {name: str(form.get(name, "")) for name in names}


def edit_conflict(
    fields: Sequence[Field],
    mine: Mapping[str, str],
    theirs: Mapping[str, str],
    marks: Mapping[str, str],
    revision: int,
) -> EditConflict:
    """Return how two versions differ.

    Args:
        fields: of the form.
        mine: what was typed.
        theirs: what is stored now.
        marks: of what the form showed when it was loaded.
        revision: the stored revision.
    """
    differing = [field for field in fields if mine[field.name] != theirs[field.name]]
    differences = tuple(
        Difference(
            field,
            mine[field.name],
            theirs[field.name],
            _settled(mine[field.name], theirs[field.name], marks.get(f"{MARK_PREFIX}{field.name}")),
        )
        for field in differing
    )
    agreed = {field.name: mine[field.name] for field in fields if field not in differing}
    return EditConflict(differences, agreed, marks_of(theirs), revision)


def _settled(mine: str, theirs: str, seen: str | None) -> Side | None:
    if mark(mine) == seen:
        return Side.THEIRS
    if mark(theirs) == seen:
        return Side.MINE
    return None


def readable(field: Field, text: str) -> str:
    """Return a field's text as people read it."""
    match field.widget:
        case Widget.CHECK:
            return "Yes" if text == CHECKED else "No"
        case Widget.CHOICE:
            return dict(field.choices).get(text, text)
        case _:
            return text
