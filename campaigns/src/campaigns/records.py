"""Records that actions return: immutable rows, without secrets and long texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

from pydantic import JsonValue, PlainSerializer

from campaigns.enums import (
    CampaignStatus,
    GameSystem,
    MemberRole,
    PlanTier,
    SessionStatus,
    TranscriptSource,
)
from campaigns.transcripts import Part, Turn

T = TypeVar("T")

Hexadecimal = Annotated[bytes, PlainSerializer(bytes.hex, str, when_used="json-unless-none")]
"""Bytes, as hexadecimal digits in JSON."""


def in_utc(moment: datetime) -> datetime:
    """Return a time without a zone as UTC."""
    return moment.replace(tzinfo=UTC)


UtcTime = Annotated[datetime, PlainSerializer(in_utc, datetime, when_used="json")]
"""A time without a zone that is UTC; in JSON it ends in Z."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account, without its password and recovery codes."""

    id: str
    email: str
    name: str | None
    discord_user_id: int | None
    time_zone: str
    plan_tier: PlanTier
    quota_bytes: int
    credit_balance: Decimal
    preferences: JsonValue
    last_login_at: datetime | None
    created_at: UtcTime
    updated_at: UtcTime


@dataclass(frozen=True, slots=True)
class Account:
    """A user with the password hash, for sign-in only."""

    user: User
    password_hash: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """An API token without its secret text."""

    id: str
    user_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewlyMadeToken:
    """A new API token, with the secret text that is shown only once.

    Attributes:
        token: the token.
        text: the bearer token that a program sends.
    """

    token: ApiToken
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign; `revision` counts the changes by its owner."""

    id: str
    user_id: str
    slug: str
    name: str
    description: str | None
    system: GameSystem
    status: CampaignStatus
    tags: tuple[str, ...] | None
    player_names: tuple[str, ...] | None
    settings: JsonValue
    house_rules: JsonValue
    cover_image_key: str | None
    started_on: date | None
    usual_start: time | None
    party_level: int
    treasury_gp: Decimal
    session_count: int
    revision: int
    is_public: bool
    sequel_of_id: str | None
    archived_at: datetime | None
    created_at: UtcTime
    updated_at: UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session without its transcript."""

    id: str
    user_id: str
    campaign_id: str | None
    number: int | None
    name: str
    description: str | None
    status: SessionStatus
    error_message: str | None
    played_on: date | None
    started_at: datetime | None
    ended_at: datetime | None
    duration_ms: int | None
    audio_storage_key: str | None
    audio_bytes: int | None
    audio_sha256: Hexadecimal | None
    transcription_job_id: str | None
    transcript_source: TranscriptSource | None
    transcript_lang: str | None
    transcript_updated_at: datetime | None
    word_count: int | None
    avg_confidence: float | None
    loudness_lufs: float | None
    transcription_cost_usd: Decimal | None
    xp_awarded: Decimal | None
    summary: str | None
    player_recap: str | None
    notes: str | None
    speaker_names: JsonValue
    metrics: JsonValue
    key_moments: tuple[JsonValue, ...] | None
    tags: tuple[str, ...] | None
    initiative: tuple[int, ...] | None
    is_starred: bool | None
    share_token: str
    share_expires_at: datetime | None
    revision: int
    created_at: UtcTime
    updated_at: UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """The transcript of a session: text and JSON document, either may be None."""

    session_id: str
    text: str | None
    document: str | None
    source: TranscriptSource | None
    lang: str | None
    word_count: int | None
    updated_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptTurns:
    """The turns of a transcript; `revision` is the session's."""

    session_id: str
    turns: tuple[Turn, ...]
    source: TranscriptSource | None
    lang: str | None
    updated_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True)
class Snippet:
    """A turn that matches a search: its position, speaker and a piece of its text."""

    position: int
    speaker: str | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A session that matches a search, with some matching turns."""

    session: Session
    snippets: tuple[Snippet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRecap:
    """The content of a shared link to a session's recap."""

    name: str
    player_recap: str | None
    played_on: date | None
    campaign_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of a campaign."""

    campaign_id: str
    user_id: str
    role: MemberRole
    nickname: str | None
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """A character of a campaign."""

    id: int
    campaign_id: str
    name: str
    played_by: str | None
    sheet: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """The appearance of a character in a session."""

    character_id: int
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedMember(Member):
    """A member with the name of the user's profile."""

    name: str | None


class PersonKind(StrEnum):
    """The kind of a person of a campaign."""

    MEMBER = "member"
    CHARACTER = "character"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member or character of a campaign, for its page.

    Attributes:
        kind: member or character.
        id: id of the member's user, or of the character.
        name: nickname or name.
        role: role of a member.
        played_by: player of a character.
    """

    kind: PersonKind
    id: str
    name: str | None
    role: MemberRole | None
    played_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCard:
    """A campaign for lists; `description` is shortened."""

    id: str
    name: str
    description: str | None
    system: GameSystem
    status: CampaignStatus
    tags: tuple[str, ...] | None
    session_count: int
    last_played_on: date | None
    revision: int
    updated_at: UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCard:
    """A session for lists."""

    id: str
    campaign_id: str | None
    number: int | None
    name: str
    status: SessionStatus
    played_on: date | None
    duration_ms: int | None
    word_count: int | None
    is_starred: bool | None
    created_at: UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """A campaign with its sessions and people, for its page.

    Attributes:
        campaign: the campaign.
        sessions: its sessions, newest first.
        members: its members.
        characters: its characters.
    """

    campaign: Campaign
    sessions: Page[SessionCard]
    members: tuple[Person, ...]
    characters: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list.

    Attributes:
        items: the entries.
        after: position of the next page, None at the end.
    """

    items: tuple[T, ...]
    after: str | None
