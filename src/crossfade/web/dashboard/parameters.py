"""The parameters of addresses and forms: limited in size, refused when malformed."""

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
"""PostgreSQL's type text cannot hold NUL."""

Text = Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX, pattern=WITHOUT_NUL)]
Parts = Annotated[list[Text], Query(max_length=PARTS_MAX)]
FormText = Annotated[str, Form(max_length=TEXT_CHARACTERS_MAX, pattern=WITHOUT_NUL)]
Number = Annotated[int, Query(ge=1, le=NUMBER_MAX)]
PathNumber = Annotated[int, Path(ge=1, le=NUMBER_MAX)]


def malformed() -> HTTPException:
    """Return the error for a malformed address."""
    return HTTPException(400)


def mapping_of(application: Application, entity: str) -> Mapping:
    """Return the mapping with a name.

    Raises:
        HTTPException: 404, no mapping has this name.
    """
    found = application.by_name.get(entity)
    if found is None:
        raise HTTPException(404)
    return found


def key_of(entity: str, text: str) -> Key:
    """Return the ledger key of an entity from its parts as a JSON list.

    Raises:
        HTTPException: 400, the text is not such a list.
    """
    try:
        parts = msgspec.json.decode(text, type=tuple[str | None, ...])
    except (msgspec.MsgspecError, UnicodeError):
        raise malformed() from None
    if not parts or any("\0" in part for part in parts if part is not None):
        raise malformed()
    return Key(entity, parts)


def key_json(parts: tuple[str | None, ...]) -> str:
    """Return the parts of a ledger key as a JSON list, for `key_of`."""
    return msgspec.json.encode(parts).decode()


def row_parts(application: Application, key: Key) -> tuple[str, ...]:
    """Return the primary key of a ledger key's row; empty if the entity has no mapping."""
    mapping = application.by_name.get(key.entity)
    if mapping is None:
        return ()
    return tuple(part or "" for part in key.parts[: len(mapping.primary_key)])


def primary_key(mapping: Mapping, parts: list[str], text: str) -> tuple[str, ...]:
    """Return the requested primary key, given in parts or as one text with slashes.

    Raises:
        HTTPException: 400, the number of columns is wrong.
    """
    columns = len(mapping.primary_key)
    found = tuple(parts) or tuple(text.split("/", columns - 1))
    if len(found) != columns:
        raise malformed()
    return found
