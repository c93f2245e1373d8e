"""Edit conflicts: both versions of a record, field by field, and who changed each field.

An edit form carries a hash of each field's text as it was loaded. So a field that only one of the
two users changed is settled; where both changed it, the user chooses.
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
    """The version of a field: of the user who saves, or the stored one."""

    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the two versions differ.

    Attributes:
        field: the field.
        mine: the typed text.
        theirs: the stored text.
        settled: the version to keep if only one of the two changed the field, else None.
    """

    field: Field
    mine: str
    theirs: str
    settled: Side | None


@dataclass(frozen=True, slots=True)
class EditConflict:
    """Two versions of one record.

    Attributes:
        differences: the fields in which they differ.
        agreed: the texts of all other fields, by name.
        marks: hashes of the stored version, for the next form.
        revision: the stored revision.
    """

    differences: tuple[Difference, ...]
    agreed: Mapping[str, str]
    marks: Mapping[str, str]
    revision: int


def mark(text: str) -> str:
    """Return the hash of a field's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:MARK_CHARACTERS]


def marks_of(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the hashes of a form's texts, by the name of the hidden field."""
    return {f"{MARK_PREFIX}{name}": mark(text) for name, text in texts.items()}


async def read_marks(request: Request, fields: Sequence[Field]) -> dict[str, str]:
    """Return the hashes that a submitted form carries, by the name of the hidden field."""
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
    """Compare two versions of a record.

    Args:
        fields: the fields of the form.
        mine: the typed texts, by field.
        theirs: the stored texts, by field.
        marks: hashes of the texts that the form was loaded with.
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
    """Return a field's text for display."""
    match field.widget:
        case Widget.CHECK:
            return "Yes" if text == CHECKED else "No"
        case Widget.CHOICE:
            return dict(field.choices).get(text, text)
        case _:
            return text
