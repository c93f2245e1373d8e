"""Rows as records, and the validation of ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from campaigns.errors import CampaignsError, Conflict, NotFound
from campaigns.models import Base, CampaignRow, SessionRow

UNSTORABLE = re.compile("[\0\ud800-\udfff]")

OwnedRow = type[CampaignRow] | type[SessionRow]
"""A table whose rows belong to users and have a revision."""


class Record(Protocol):
    """A dataclass with fields named like columns."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Record)


def columns(model: type[Base], record: type[Record]) -> list[InstrumentedAttribute[Any]]:
    """Return the columns of a record."""
    return [getattr(model, field.name) for field in fields(record)]


async def one(db: AsyncSession, record: type[R], statement: Executable) -> R | None:
    """Return the only row of a statement as a record, or None."""
    row = (await db.execute(statement)).mappings().one_or_none()
    return None if row is None else record(**row)


async def many(db: AsyncSession, record: type[R], statement: Executable) -> tuple[R, ...]:
    """Return all rows of a statement as records."""
    return tuple(record(**row) for row in (await db.execute(statement)).mappings())


async def insert_row(
    db: AsyncSession, model: type[Base], record: type[R], values: Mapping[str, Any]
) -> R:
    """Insert a row and return it with its default values."""
    statement = insert(model).values(**values).returning(*columns(model, record))
    row = (await db.execute(statement)).mappings().one()
    return record(**row)


def found(record: R | None, entity: str) -> R:
    """Return a record.

    Raises:
        NotFound: it is None.
    """
    if record is None:
        raise NotFound(entity)
    return record


def campaign_key(campaign_id: str) -> str:
    """Return a campaign's id as PostgreSQL prints it.

    Raises:
        NotFound: the id is not a UUID.
    """
    return uuid_key(campaign_id, "campaign")


def token_key(token_id: str) -> str:
    """Return an API token's id as PostgreSQL prints it.

    Raises:
        NotFound: the id is not a UUID.
    """
    return uuid_key(token_id, "token")


def uuid_key(row_id: str, entity: str) -> str:
    """Return an id as PostgreSQL prints a UUID.

    Raises:
        NotFound: the id is not a UUID.
    """
    try:
        return str(UUID(row_id))
    except ValueError:
        raise NotFound(entity) from None


def session_key(session_id: str) -> str:
    """Return a session's id unchanged.

    Raises:
        NotFound: it has characters that PostgreSQL's `text` cannot store.
    """
    if UNSTORABLE.search(session_id):
        raise NotFound("session")
    return session_id


def own(model: OwnedRow, user_id: str, row_id: str) -> ColumnElement[bool]:
    """Return the condition that selects a row of the user."""
    return (model.id == row_id) & (model.user_id == user_id)


async def refused(
    db: AsyncSession, model: OwnedRow, user_id: str, row_id: str, entity: str
) -> CampaignsError:
    """Return why an update matched no row: it is missing, or at another revision."""
    current = await db.scalar(select(model.revision).where(own(model, user_id, row_id)))
    return NotFound(entity) if current is None else outdated(current)


def outdated(current_revision: int) -> Conflict:
    """Return the error of an update with an outdated revision."""
    return Conflict(
        "expected_revision",
        f"the stored revision is {current_revision}",
        "read it again and repeat the change",
        current_revision,
    )
