"""Users, members of campaigns, characters and their appearances in sessions."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.actions.campaigns import require_own
from campaigns.actions.rows import (
    UNSTORABLE,
    campaign_key,
    columns,
    insert_row,
    many,
    own,
    session_key,
)
from campaigns.app import App, transaction
from campaigns.errors import NotFound
from campaigns.fields import INTEGER_MAX
from campaigns.inputs import NewCharacter, NewMember, NewUser
from campaigns.mapping import APPEARANCE, CHARACTER, MEMBER, USER
from campaigns.models import (
    AppearanceRow,
    CampaignRow,
    CharacterRow,
    MemberRow,
    SessionRow,
    UserRow,
)
from campaigns.records import Appearance, Character, Member, NamedMember, User

PEOPLE_MAX = 500
"""Limit of the listed members, and of the listed characters, of a campaign."""


async def create_user(app: App, new: NewUser) -> User:
    """Create an account.

    Raises:
        Conflict: another account has this email address or Discord user.
    """
    async with transaction(app) as db:
        user = await insert_row(db, UserRow, User, {**new.given(), "id": str(uuid4())})
    await app.push(USER.name, user.id)
    return user


async def add_member(app: App, user_id: str, campaign_id: str, new: NewMember) -> Member:
    """Add a user to a campaign.

    Raises:
        Conflict: the user is a member already.
        NotFound: the campaign, or the user.
    """
    key = campaign_key(campaign_id)
    async with transaction(app) as db:
        await require_own(db, user_id, key)
        values = {**new.given(), "campaign_id": key}
        member = await insert_row(db, MemberRow, Member, values)
    await app.push(MEMBER.name, member.campaign_id, member.user_id)
    return member


async def list_members(app: App, user_id: str, campaign_id: str) -> tuple[NamedMember, ...]:
    """Return the members of a campaign in the order they joined; at most `PEOPLE_MAX`.

    Raises:
        NotFound: the campaign.
    """
    key = campaign_key(campaign_id)
    statement = (
        select(*columns(MemberRow, Member), UserRow.name)
        .join(UserRow, UserRow.id == MemberRow.user_id)
        .where(MemberRow.campaign_id == key)
        .order_by(MemberRow.joined_at, MemberRow.user_id)
        .limit(PEOPLE_MAX)
    )
    async with transaction(app) as db:
        await require_own(db, user_id, key)
        return await many(db, NamedMember, statement)


async def remove_member(app: App, user_id: str, campaign_id: str, member_id: str) -> None:
    """Remove a member of a campaign.

    Raises:
        NotFound: the campaign, or the member.
    """
    key = campaign_key(campaign_id)
    if UNSTORABLE.search(member_id):
        raise NotFound("member")
    this = (MemberRow.campaign_id == key) & (MemberRow.user_id == member_id)
    async with transaction(app) as db:
        await require_own(db, user_id, key)
        if await db.scalar(delete(MemberRow).where(this).returning(MemberRow.user_id)) is None:
            raise NotFound("member")
    await app.push(MEMBER.name, key, member_id)


async def add_character(app: App, user_id: str, campaign_id: str, new: NewCharacter) -> Character:
    """Add a character to a campaign.

    Raises:
        Conflict: the campaign has a character of this name.
        NotFound: the campaign.
    """
    key = campaign_key(campaign_id)
    async with transaction(app) as db:
        await require_own(db, user_id, key)
        values = {**new.given(), "campaign_id": key}
        character = await insert_row(db, CharacterRow, Character, values)
    await app.push(CHARACTER.name, str(character.id))
    return character


async def list_characters(app: App, user_id: str, campaign_id: str) -> tuple[Character, ...]:
    """Return the characters of a campaign, by name; at most `PEOPLE_MAX`.

    Raises:
        NotFound: the campaign.
    """
    key = campaign_key(campaign_id)
    statement = (
        select(*columns(CharacterRow, Character))
        .where(CharacterRow.campaign_id == key)
        .order_by(CharacterRow.name)
        .limit(PEOPLE_MAX)
    )
    async with transaction(app) as db:
        await require_own(db, user_id, key)
        return await many(db, Character, statement)


async def remove_character(app: App, user_id: str, campaign_id: str, character_id: int) -> None:
    """Remove a character with its appearances in sessions.

    Raises:
        NotFound: the campaign, or the character.
    """
    key = campaign_key(campaign_id)
    this = (CharacterRow.id == character_id) & (CharacterRow.campaign_id == key)
    async with transaction(app) as db:
        await require_character(db, user_id, character_id)
        if await db.scalar(delete(CharacterRow).where(this).returning(CharacterRow.id)) is None:
            raise NotFound("character")
    await app.push(CHARACTER.name, str(character_id))


async def add_appearance(app: App, user_id: str, character_id: int, session_id: str) -> Appearance:
    """Record that a character appears in a session.

    Raises:
        Conflict: the appearance is recorded already.
        NotFound: the character, or the session.
    """
    key = session_key(session_id)
    async with transaction(app) as db:
        await require_character(db, user_id, character_id)
        if await db.scalar(select(SessionRow.id).where(own(SessionRow, user_id, key))) is None:
            raise NotFound("session")
        values = {"character_id": character_id, "session_id": key}
        appearance = await insert_row(db, AppearanceRow, Appearance, values)
    await app.push(APPEARANCE.name, str(character_id), key)
    return appearance


async def require_character(db: AsyncSession, user_id: str, character_id: int) -> None:
    """Check that a character belongs to a campaign of the user.

    Raises:
        NotFound: it does not exist or belongs to another user.
    """
    if not 0 < character_id <= INTEGER_MAX:
        raise NotFound("character")
    statement = (
        select(CharacterRow.id)
        .join(CampaignRow, CampaignRow.id == CharacterRow.campaign_id)
        .where(CharacterRow.id == character_id, CampaignRow.user_id == user_id)
    )
    if await db.scalar(statement) is None:
        raise NotFound("character")
