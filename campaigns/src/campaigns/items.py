"""The application's items in DynamoDB, read through their entities.

The application itself reads PostgreSQL; these reads serve comparisons and programs that use
DynamoDB. Items without an entity's identifiers, such as tombstones of deleted rows, are not
returned. Values are those of the item: identifiers, dates, times and decimals are strings. A column
that moved to S3 is absent, and an attribute has the key of the stored object instead.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from campaigns.mapping import CAMPAIGN, CHARACTER, MEMBER, SESSION
from crossfade import Mapping
from crossfade.entity import Client, Entity, Query

R = TypeVar("R")
Texts = list[str | None]


class CampaignItem(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A campaign."""

    campaign_id: str
    user_id: str
    slug: str
    name: str
    system: str
    status: str
    party_level: int
    treasury_gp: str
    session_count: int
    revision: int
    is_public: bool
    created_at: str
    updated_at: str
    description: str | None = None
    description_storage_key: str | None = None
    tags: Texts | None = None
    player_names: Texts | None = None
    settings: Any = None
    settings_storage_key: str | None = None
    house_rules: str | None = None
    house_rules_storage_key: str | None = None
    cover_image_key: str | None = None
    started_on: str | None = None
    usual_start: str | None = None
    sequel_of_id: str | None = None
    archived_at: str | None = None


class SessionItem(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A session, in a campaign or in none; its transcript is in S3."""

    session_id: str
    user_id: str
    name: str
    status: str
    share_token: str
    revision: int
    created_at: str
    updated_at: str
    campaign_id: str | None = None
    number: int | None = None
    description: str | None = None
    description_storage_key: str | None = None
    error_message: str | None = None
    error_message_storage_key: str | None = None
    played_on: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    duration_ms: int | None = None
    audio_storage_key: str | None = None
    audio_bytes: int | None = None
    audio_sha256: str | None = None
    transcription_job_id: str | None = None
    transcript_source: str | None = None
    transcript_lang: str | None = None
    transcript_updated_at: str | None = None
    transcript_storage_key: str | None = None
    transcript_json_storage_key: str | None = None
    word_count: int | None = None
    avg_confidence: Any = None
    loudness_lufs: Any = None
    transcription_cost_usd: str | None = None
    xp_awarded: str | None = None
    summary: str | None = None
    summary_storage_key: str | None = None
    player_recap: str | None = None
    player_recap_storage_key: str | None = None
    notes: str | None = None
    notes_storage_key: str | None = None
    speaker_names: Any = None
    speaker_names_storage_key: str | None = None
    metrics: Any = None
    metrics_storage_key: str | None = None
    key_moments: list[Any] | None = None
    tags: Texts | None = None
    initiative: list[Any] | None = None
    is_starred: bool | None = None
    share_expires_at: str | None = None


class MemberItem(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A user who is a member of a campaign."""

    campaign_id: str
    user_id: str
    role: str
    joined_at: str
    nickname: str | None = None


class CharacterItem(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A character of a campaign."""

    character_id: int
    campaign_id: str
    name: str
    played_by: str | None = None
    sheet: Any = None
    sheet_storage_key: str | None = None


class Items:
    """Queries of the application's table.

    Read a query with ``async for``, ``await query.go()`` or ``query.pages()``.

    Args:
        client: a DynamoDB client.
        table: the table's name.
    """

    def __init__(self, client: Client, table: str) -> None:
        def entity(mapping: Mapping, record: type[R], shape: int = 0) -> Entity[R]:
            schema = mapping.schemas()[shape]
            return Entity(schema, record=record, table=table, client=client, strict=True)

        self.campaign_items = entity(CAMPAIGN, CampaignItem)
        self.session_items = entity(SESSION, SessionItem)
        self.unfiled_session_items = entity(SESSION, SessionItem, 1)
        self.member_items = entity(MEMBER, MemberItem)
        self.character_items = entity(CHARACTER, CharacterItem)

    def campaigns(self, user_id: str) -> Query[CampaignItem]:
        """Return the query of a user's campaigns."""
        return self.campaign_items.query.record(userId=user_id)

    def sessions(self, campaign_id: str) -> Query[SessionItem]:
        """Return the query of a campaign's sessions."""
        return self.session_items.query.record(campaignId=campaign_id)

    def members(self, campaign_id: str) -> Query[MemberItem]:
        """Return the query of a campaign's members."""
        return self.member_items.query.record(campaignId=campaign_id)

    def characters(self, campaign_id: str) -> Query[CharacterItem]:
        """Return the query of a campaign's characters."""
        return self.character_items.query.record(campaignId=campaign_id)

    async def campaign(self, campaign_id: str) -> CampaignItem | None:
        """Return the campaign with this id, or None; reads the index."""
        return await _first(self.campaign_items.query.byId(campaignId=campaign_id))

    async def session(self, session_id: str) -> SessionItem | None:
        """Return the session with this id, in a campaign or in none, or None; reads the index."""
        filed = await _first(self.session_items.query.byId(sessionId=session_id))
        if filed is not None:
            return filed
        return await _first(self.unfiled_session_items.query.byId(sessionId=session_id))


async def _first(query: Query[R]) -> R | None:
    async for record in query:
        return record
    return None
