"""The data of a session's page, in two statements."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import cast, select
from sqlalchemy.dialects.postgresql import TEXT

from campaigns.actions.rows import columns, many, own, session_key
from campaigns.actions.sessions import COLUMNS
from campaigns.app import App, transaction
from campaigns.errors import NotFound
from campaigns.models import AppearanceRow, CampaignRow, CharacterRow, SessionRow
from campaigns.records import Character, Session
from campaigns.transcripts import Turn, read_stored

BESIDE = (
    SessionRow.transcript_text.label("text"),
    cast(SessionRow.transcript_json, TEXT).label("document"),
    CampaignRow.name.label("campaign_name"),
)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with its transcript and characters.

    Attributes:
        session: the session.
        campaign_name: name of its campaign, None for a session without one.
        turns: its transcript.
        characters: the characters that appear in it.
    """

    session: Session
    campaign_name: str | None
    turns: tuple[Turn, ...]
    characters: tuple[Character, ...]


async def view_session(app: App, user_id: str, session_id: str) -> SessionView:
    """Return a session with its transcript, its campaign's name and its characters.

    Raises:
        NotFound: the session.
    """
    key = session_key(session_id)
    session = (
        select(*COLUMNS, *BESIDE)
        .outerjoin(CampaignRow, CampaignRow.id == SessionRow.campaign_id)
        .where(own(SessionRow, user_id, key))
    )
    there = (
        select(*columns(CharacterRow, Character))
        .join(AppearanceRow, AppearanceRow.character_id == CharacterRow.id)
        .where(AppearanceRow.session_id == key)
        .order_by(CharacterRow.name, CharacterRow.id)
    )
    async with transaction(app) as db:
        row = (await db.execute(session)).mappings().one_or_none()
        if row is None:
            raise NotFound("session")
        characters = await many(db, Character, there)
    values = dict(row)
    text, document, name = (values.pop(label) for label in ("text", "document", "campaign_name"))
    return SessionView(Session(**values), name, read_stored(text, document).turns, characters)
