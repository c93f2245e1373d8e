"""Rows as records: which columns to ask for, and which of them are the caller's to touch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Executable, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from campaigns.errors import Conflict, NotFound
from campaigns.models import Base

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Record(Protocol):
    """Any dataclass whose fields are named after columns."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Record)


def columns(model: type[Base], record: type[Record]) -> list[InstrumentedAttribute[Any]]:
    """Return the columns that fill a record."""
    return [getattr(model, field.name) for field in fields(record)]


async def one(db: AsyncSession, record: type[R], statement: Executable) -> R | None:
    """Return the only row of a statement as a record, None when there is none."""
    row = (await db.execute(statement)).mappings().one_or_none()
    return None if row is None else record(**row)


async def many(db: AsyncSession, record: type[R], statement: Executable) -> tuple[R, ...]:
    """Return all rows of a statement as records."""
    return tuple(record(**row) for row in (await db.execute(statement)).mappings())


async def insert_row(
    db: AsyncSession, model: type[Base], record: type[R], values: Mapping[str, Any]
) -> R:
    """Insert a row and return it with what the database filled in."""
    statement = insert(model).values(**values).returning(*columns(model, record))
    row = (await db.execute(statement)).mappings().one()
    return record(**row)


def found(record: R | None, entity: str) -> R:
    """Return what was found.

    Raises:
        NotFound: nothing was.
    """
    if record is None:
        raise NotFound(entity)
    return record


def campaign_key(campaign_id: str) -> str:
    """Return a campaign's id as PostgreSQL prints it.

    Raises:
        NotFound: no campaign can have this id.
    """
    return uuid_key(campaign_id, "campaign")


def token_key(token_id: str) -> str:
    """Return an API token's id as PostgreSQL prints it.

    Raises:
        NotFound: no token can have this id.
    """
    return uuid_key(token_id, "token")


def uuid_key(row_id: str, entity: str) -> str:
    """Return an id as PostgreSQL prints a UUID.

    Raises:
        NotFound: it is none, so no row has it.
    """
    try:
        return str(UUID(row_id))
    except ValueError:
        raise NotFound(entity) from None


def session_key(session_id: str) -> str:
    """Return a session's id.

    Raises:
        NotFound: PostgreSQL's text cannot hold it, so no session has it.
    """
    if UNSTORABLE.search(session_id):
        raise NotFound("session")
    return session_id


def outdated(current_revision: int) -> Conflict:
    """Return the error of somebody who was slower than somebody else."""
    return Conflict(
        "expected_revision",
        f"the stored revision is {current_revision}",
        "read it again and repeat the change",
        current_revision,
    )
