"""Accounts: lookup, sign-in, password and profile."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select, update

from campaigns.actions.rows import UNSTORABLE, columns, found, one
from campaigns.app import App, transaction
from campaigns.inputs import ProfileChanges
from campaigns.mapping import USER
from campaigns.models import UserRow
from campaigns.records import Account, User

COLUMNS = columns(UserRow, User)


async def find_account(app: App, email: str) -> Account | None:
    """Return the account with an email address, ignoring case, or None."""
    if UNSTORABLE.search(email):
        return None
    return await _account(app, func.lower(UserRow.email) == func.lower(email))


async def get_account(app: App, user_id: str) -> Account | None:
    """Return an account, or None."""
    if UNSTORABLE.search(user_id):
        return None
    return await _account(app, UserRow.id == user_id)


async def _account(app: App, condition: ColumnElement[bool]) -> Account | None:
    async with transaction(app) as db:
        statement = select(UserRow.password_hash, *COLUMNS).where(condition)
        row = (await db.execute(statement)).mappings().one_or_none()
    if row is None:
        return None
    values = dict(row)
    kept = values.pop("password_hash")
    return Account(User(**values), kept)


async def record_sign_in(app: App, user_id: str) -> None:
    """Record the time of a sign-in.

    Raises:
        NotFound: the user.
    """
    await _change(app, user_id, {"last_login_at": func.clock_timestamp()})


async def update_profile(app: App, user_id: str, changes: ProfileChanges) -> User:
    """Change the given fields of the user's profile.

    Raises:
        NotFound: the user.
    """
    return await _change(app, user_id, changes.given())


async def change_password(app: App, user_id: str, password_hash: bytes) -> User:
    """Replace the password hash of a user.

    Raises:
        NotFound: the user.
    """
    return await _change(app, user_id, {"password_hash": password_hash})


async def _change(app: App, user_id: str, values: dict[str, object]) -> User:
    statement = update(UserRow).where(UserRow.id == user_id).values(**values).returning(*COLUMNS)
    async with transaction(app) as db:
        user = found(await one(db, User, statement), "user")
    await app.push(USER.name, user_id)
    return user
