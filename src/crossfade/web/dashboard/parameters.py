"""What pages take from addresses and forms: limited, and refused when malformed."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Form, HTTPException, Path, Query

from crossfade.mapping.application import Application
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.state import Key

TEXT_CHARACTERS_MAX = 3000
PARTS_MAX = 16
NUMBER_MAX = 2**63 - 1
WITHOUT_NUL = r"^[^\x00]*$"
"""PostgreSQL has no texts with a NUL."""

Text = Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX, pattern=WITHOUT_NUL)]
Parts = Annotated[list[Text], Query(max_length=PARTS_MAX)]
FormText = Annotated[str, Form(max_length=TEXT_CHARACTERS_MAX, pattern=WITHOUT_NUL)]
Number = Annotated[int, Query(ge=1, le=NUMBER_MAX)]
PathNumber = Annotated[int, Path(ge=1, le=NUMBER_MAX)]


def malformed() -> HTTPException:
    """Return the refusal of an address that is not understood."""
    return HTTPException(400)


def mapping_of(application: Application, entity: str) -> Mapping:
    """Return the mapping of a name.

    Raises:
        HTTPException: 404, there is none.
    """
    found = application.by_name.get(entity)
    if found is None:
        raise HTTPException(404)
    return found


def key_of(entity: str, text: str) -> Key:
    """Read a ledger key of which the parts are a JSON list.

    Raises:
        HTTPException: 400, it is none.
    """
    try:
        parts = msgspec.json.decode(text, type=tuple[str | None, ...])
    except (msgspec.MsgspecError, UnicodeError):
        raise malformed() from None
    if not parts or any("\0" in part for part in parts if part is not None):
        raise malformed()
    return Key(entity, parts)


def key_json(parts: tuple[str | None, ...]) -> str:
    """Return a ledger key as `key_of` reads it."""
    return msgspec.json.encode(parts).decode()


def row_parts(application: Application, key: Key) -> tuple[str, ...]:
    """Return the primary key of a key's row; none where no mapping tells how long it is."""
    mapping = application.by_name.get(key.entity)
    if mapping is None:
        return ()
    return tuple(part or "" for part in key.parts[: len(mapping.primary_key)])


def primary_key(mapping: Mapping, parts: list[str], text: str) -> tuple[str, ...]:
    """Return the primary key that was asked for: in parts, or as one text with slashes.

    Raises:
        HTTPException: 400, it has another number of columns.
    """
    columns = len(mapping.primary_key)
    found = tuple(parts) or tuple(text.split("/", columns - 1))
    if len(found) != columns:
        raise malformed()
    return found
