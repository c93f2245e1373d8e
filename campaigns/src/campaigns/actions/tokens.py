"""API tokens: make, list, revoke, and whose a token is. Only digests are kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, func, or_, select, update

from campaigns.actions.rows import columns, insert_row, many, one, token_key
from campaigns.app import App, transaction
from campaigns.errors import Conflict, NotFound
from campaigns.inputs import NewApiToken
from campaigns.mapping import API_TOKEN
from campaigns.models import ApiTokenRow, UserRow
from campaigns.records import ApiToken, NewlyMadeToken, User

COLUMNS = columns(ApiTokenRow, ApiToken)
TOKENS_MAX = 50
TOKEN_PREFIX = "campaigns_"  # noqa: S105 - by which scanners recognise a token that leaked
TOKEN_CHARACTERS_MAX = 100
USED_EVERY = timedelta(hours=1)
"""How exactly the last use of a token is noted."""


async def create_token(app: App, user_id: str, new: NewApiToken) -> NewlyMadeToken:
    """Make a token; its text is shown this once.

    Raises:
        Conflict: the user has too many tokens.
        NotFound: the user.
    """
    text = f"{TOKEN_PREFIX}{secrets.token_urlsafe(32)}"
    values = {**new.given(), "user_id": user_id, "digest": digest_of(text)}
    async with transaction(app) as db:
        owned = select(func.count()).where(ApiTokenRow.user_id == user_id)
        if (await db.scalar(owned) or 0) >= TOKENS_MAX:
            raise Conflict("name", f"you have {TOKENS_MAX} tokens", "revoke one that is not used")
        token = await insert_row(db, ApiTokenRow, ApiToken, values)
    await app.push(API_TOKEN.name, token.id)
    return NewlyMadeToken(token, text)


async def list_tokens(app: App, user_id: str) -> tuple[ApiToken, ...]:
    """Return the user's tokens, the newest first; at most `TOKENS_MAX`."""
    statement = (
        select(*COLUMNS)
        .where(ApiTokenRow.user_id == user_id)
        .order_by(ApiTokenRow.created_at.desc(), ApiTokenRow.id)
        .limit(TOKENS_MAX)
    )
    async with transaction(app) as db:
        return await many(db, ApiToken, statement)


async def revoke_token(app: App, user_id: str, token_id: str) -> None:
    """End a token.

    Raises:
        NotFound: the token.
    """
    key = token_key(token_id)
    own = (ApiTokenRow.id == key) & (ApiTokenRow.user_id == user_id)
    async with transaction(app) as db:
        if await db.scalar(delete(ApiTokenRow).where(own).returning(ApiTokenRow.id)) is None:
            raise NotFound("token")
    await app.push(API_TOKEN.name, key)


async def user_of_token(app: App, text: str) -> User | None:
    """Return whose token it is; None when it is nobody's, or has expired."""
    if not text.startswith(TOKEN_PREFIX) or len(text) > TOKEN_CHARACTERS_MAX:
        return None
    this = ApiTokenRow.digest == digest_of(text)
    valid = or_(ApiTokenRow.expires_at.is_(None), ApiTokenRow.expires_at > func.now())
    owner = select(*columns(UserRow, User)).join(ApiTokenRow, ApiTokenRow.user_id == UserRow.id)
    stale = or_(
        ApiTokenRow.last_used_at.is_(None), ApiTokenRow.last_used_at < func.now() - USED_EVERY
    )
    use = (
        update(ApiTokenRow)
        .where(this, valid, stale)
        .values(last_used_at=func.clock_timestamp())
        .returning(ApiTokenRow.id)
    )
    async with transaction(app) as db:
        user = await one(db, User, owner.where(this, valid))
        used = await db.scalar(use) if user else None
    if used is not None:
        await app.push(API_TOKEN.name, used)
    return user


def digest_of(text: str) -> str:
    """Return what is kept of a token: it is random and long, so that one hash suffices."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
