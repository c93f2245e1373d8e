"""API tokens: create, list, revoke, and find the user of a token. Only digests are stored."""

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
TOKEN_PREFIX = "campaigns_"  # noqa: S105 - lets secret scanners recognise leaked tokens
TOKEN_CHARACTERS_MAX = 100
USED_EVERY = timedelta(hours=1)
"""Resolution of the recorded last use of a token."""


async def create_token(app: App, user_id: str, new: NewApiToken) -> NewlyMadeToken:
    """Create a token; its secret text is returned only here.

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
    """Return the user's tokens, newest first; at most `TOKENS_MAX`."""
    statement = (
        select(*COLUMNS)
        .where(ApiTokenRow.user_id == user_id)
        .order_by(ApiTokenRow.created_at.desc(), ApiTokenRow.id)
        .limit(TOKENS_MAX)
    )
    async with transaction(app) as db:
        return await many(db, ApiToken, statement)


async def revoke_token(app: App, user_id: str, token_id: str) -> None:
    """Revoke a token.

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
    """Return the user of a token, None if it is unknown or expired, and record its use."""
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
    """Return the digest to store. One SHA-256 suffices, as tokens are long and random."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
