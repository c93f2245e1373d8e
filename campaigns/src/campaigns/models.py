"""SQLAlchemy models of the application's tables; `migrations` creates the tables.

Attributes have the names of the columns. Times without a zone are UTC. A trigger writes
`search_vector`.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from pydantic import JsonValue
from sqlalchemy import Dialect, Enum, ForeignKey, Index, MetaData, TypeDecorator, func, text
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    BIGINT,
    BYTEA,
    CHAR,
    DOUBLE_PRECISION,
    INTEGER,
    JSON,
    JSONB,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TSVECTOR,
    UUID,
    VARCHAR,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from campaigns.enums import (
    CampaignStatus,
    GameSystem,
    MemberRole,
    PlanTier,
    SessionStatus,
    TranscriptSource,
)

NOW_UTC = func.timezone("UTC", func.clock_timestamp())
NO_TEXTS = text("ARRAY[]::text[]")
EMPTY_OBJECT = text("'{}'::jsonb")


def stored_enum(kind: type[StrEnum], name: str) -> Enum:
    """Return the PostgreSQL enum that has the values of `kind` as labels."""
    return Enum(kind, name=name, values_callable=lambda members: [m.value for m in members])


def texts() -> ARRAY[str]:
    """Return the type text[], read as a tuple."""
    return ARRAY(TEXT, as_tuple=True)


def instant(digits: int) -> TIMESTAMP:
    """Return the type timestamptz with `digits` fractional digits."""
    return TIMESTAMP(timezone=True, precision=digits)


def document() -> JSONB:
    """Return the type jsonb; None is NULL."""
    return JSONB(none_as_null=True)


class PaddedText(TypeDecorator[str]):
    """The type char(n), read without PostgreSQL's padding."""

    impl = CHAR
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the text without trailing blanks."""
        return value and value.rstrip(" ")


class Base(DeclarativeBase):
    """The base of the models, with PostgreSQL's default constraint names."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
        }
    )


class UserRow(Base):
    """A user account."""

    __tablename__ = "users"
    __table_args__ = (
        Index("users_email_key", text("lower(email)"), unique=True),
        Index("users_discord_user_id_key", "discord_user_id", unique=True),
    )

    id: Mapped[str] = mapped_column(TEXT, primary_key=True)
    email: Mapped[str] = mapped_column(TEXT)
    name: Mapped[str | None] = mapped_column(TEXT)
    password_hash: Mapped[bytes | None] = mapped_column(BYTEA)
    discord_user_id: Mapped[int | None] = mapped_column(BIGINT)
    time_zone: Mapped[str] = mapped_column(VARCHAR(64), server_default="UTC")
    plan_tier: Mapped[PlanTier] = mapped_column(
        stored_enum(PlanTier, "plan_tier"), server_default=PlanTier.FREE
    )
    quota_bytes: Mapped[int] = mapped_column(BIGINT, server_default=text("5368709120"))
    credit_balance: Mapped[Decimal] = mapped_column(NUMERIC(12, 4), server_default=text("0"))
    preferences: Mapped[JsonValue] = mapped_column(
        document(), nullable=False, server_default=EMPTY_OBJECT
    )
    recovery_codes: Mapped[tuple[str, ...] | None] = mapped_column(texts(), server_default=NO_TEXTS)
    last_login_at: Mapped[datetime | None] = mapped_column(instant(6))
    created_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(precision=3), server_default=func.current_timestamp()
    )
    updated_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(precision=3), default=NOW_UTC, onupdate=NOW_UTC
    )


class ApiTokenRow(Base):
    """An API token of a user; only the token's digest is stored."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        Index("api_tokens_digest_key", "digest", unique=True),
        Index("api_tokens_user_id_idx", "user_id"),
    )

    id: Mapped[str] = mapped_column(
        UUID(as_uuid=False), primary_key=True, server_default=func.gen_random_uuid()
    )
    user_id: Mapped[str] = mapped_column(
        ForeignKey(UserRow.id, ondelete="CASCADE", onupdate="CASCADE")
    )
    name: Mapped[str] = mapped_column(VARCHAR(120))
    digest: Mapped[str] = mapped_column(TEXT)
    created_at: Mapped[datetime] = mapped_column(
        instant(6), server_default=func.current_timestamp()
    )
    last_used_at: Mapped[datetime | None] = mapped_column(instant(6))
    expires_at: Mapped[datetime | None] = mapped_column(instant(0))


class CampaignRow(Base):
    """A series of sessions of one user."""

    __tablename__ = "campaigns"
    __table_args__ = (
        Index("campaigns_user_id_slug_key", "user_id", "slug", unique=True),
        Index(
            "campaigns_user_id_status_updated_at_idx", "user_id", "status", text("updated_at DESC")
        ),
    )

    id: Mapped[str] = mapped_column(
        UUID(as_uuid=False), primary_key=True, server_default=func.gen_random_uuid()
    )
    user_id: Mapped[str] = mapped_column(
        ForeignKey(UserRow.id, ondelete="RESTRICT", onupdate="CASCADE")
    )
    slug: Mapped[str] = mapped_column(VARCHAR(80))
    name: Mapped[str] = mapped_column(VARCHAR(200))
    description: Mapped[str | None] = mapped_column(TEXT)
    system: Mapped[GameSystem] = mapped_column(
        stored_enum(GameSystem, "game_system"), server_default=GameSystem.DND_5E
    )
    status: Mapped[CampaignStatus] = mapped_column(
        stored_enum(CampaignStatus, "campaign_status"), server_default=CampaignStatus.PLANNING
    )
    tags: Mapped[tuple[str, ...] | None] = mapped_column(texts(), server_default=NO_TEXTS)
    player_names: Mapped[tuple[str, ...] | None] = mapped_column(texts(), server_default=NO_TEXTS)
    settings: Mapped[JsonValue] = mapped_column(document(), nullable=True)
    house_rules: Mapped[JsonValue] = mapped_column(JSON(none_as_null=True), nullable=True)
    cover_image_key: Mapped[str | None] = mapped_column(TEXT)
    started_on: Mapped[date | None]
    usual_start: Mapped[time | None] = mapped_column(TIME(precision=0))
    party_level: Mapped[int] = mapped_column(SMALLINT, server_default=text("1"))
    treasury_gp: Mapped[Decimal] = mapped_column(NUMERIC(14, 2), server_default=text("0"))
    session_count: Mapped[int] = mapped_column(server_default=text("0"))
    revision: Mapped[int] = mapped_column(server_default=text("0"))
    is_public: Mapped[bool] = mapped_column(server_default=text("false"))
    sequel_of_id: Mapped[str | None] = mapped_column(
        ForeignKey("campaigns.id", ondelete="SET NULL", onupdate="CASCADE")
    )
    archived_at: Mapped[datetime | None] = mapped_column(instant(3))
    created_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(precision=3), server_default=func.current_timestamp()
    )
    updated_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(precision=3), default=NOW_UTC, onupdate=NOW_UTC
    )


class SessionRow(Base):
    """A session with its recording and transcript, in a campaign or in none."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("sessions_share_token_key", "share_token", unique=True),
        Index("sessions_campaign_id_number_key", "campaign_id", "number", unique=True),
        Index("sessions_user_id_created_at_idx", "user_id", text("created_at DESC")),
        Index("sessions_campaign_id_played_on_idx", "campaign_id", "played_on"),
        Index("sessions_search_vector_idx", "search_vector", postgresql_using="gin"),
    )

    id: Mapped[str] = mapped_column(TEXT, primary_key=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey(UserRow.id, ondelete="RESTRICT", onupdate="CASCADE")
    )
    campaign_id: Mapped[str | None] = mapped_column(
        ForeignKey(CampaignRow.id, ondelete="SET NULL", onupdate="CASCADE")
    )
    number: Mapped[int | None]
    name: Mapped[str] = mapped_column(VARCHAR(200))
    description: Mapped[str | None] = mapped_column(TEXT)
    status: Mapped[SessionStatus] = mapped_column(
        stored_enum(SessionStatus, "session_status"), server_default=SessionStatus.DRAFT
    )
    error_message: Mapped[str | None] = mapped_column(TEXT)
    played_on: Mapped[date | None]
    started_at: Mapped[datetime | None] = mapped_column(instant(6))
    ended_at: Mapped[datetime | None] = mapped_column(instant(6))
    duration_ms: Mapped[int | None] = mapped_column(BIGINT)
    audio_storage_key: Mapped[str | None] = mapped_column(VARCHAR(1024))
    audio_bytes: Mapped[int | None] = mapped_column(BIGINT)
    audio_sha256: Mapped[bytes | None] = mapped_column(BYTEA)
    transcription_job_id: Mapped[str | None] = mapped_column(TEXT)
    transcript_source: Mapped[TranscriptSource | None] = mapped_column(
        stored_enum(TranscriptSource, "transcript_source")
    )
    transcript_lang: Mapped[str | None] = mapped_column(PaddedText(5))
    transcript_text: Mapped[str | None] = mapped_column(TEXT)
    transcript_json: Mapped[JsonValue] = mapped_column(document(), nullable=True)
    transcript_updated_at: Mapped[datetime | None] = mapped_column(instant(6))
    word_count: Mapped[int | None]
    avg_confidence: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    loudness_lufs: Mapped[float | None] = mapped_column(REAL)
    transcription_cost_usd: Mapped[Decimal | None] = mapped_column(NUMERIC(10, 6))
    xp_awarded: Mapped[Decimal | None] = mapped_column(NUMERIC(65, 30))
    summary: Mapped[str | None] = mapped_column(TEXT)
    player_recap: Mapped[str | None] = mapped_column(TEXT)
    notes: Mapped[str | None] = mapped_column(TEXT)
    speaker_names: Mapped[JsonValue] = mapped_column(document(), nullable=True)
    metrics: Mapped[JsonValue] = mapped_column(document(), nullable=True)
    key_moments: Mapped[tuple[JsonValue, ...] | None] = mapped_column(
        ARRAY(JSONB, as_tuple=True), server_default=text("ARRAY[]::jsonb[]")
    )
    tags: Mapped[tuple[str, ...] | None] = mapped_column(texts(), server_default=NO_TEXTS)
    initiative: Mapped[tuple[int, ...] | None] = mapped_column(
        ARRAY(INTEGER, as_tuple=True), server_default=text("ARRAY[]::integer[]")
    )
    is_starred: Mapped[bool | None]
    share_token: Mapped[str] = mapped_column(TEXT)
    share_expires_at: Mapped[datetime | None] = mapped_column(instant(0))
    revision: Mapped[int] = mapped_column(server_default=text("0"))
    search_vector: Mapped[str | None] = mapped_column(TSVECTOR)
    created_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(precision=3), server_default=func.current_timestamp()
    )
    updated_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(precision=3), default=NOW_UTC, onupdate=NOW_UTC
    )


class MemberRow(Base):
    """A member of a campaign."""

    __tablename__ = "campaign_members"
    __table_args__ = (Index("campaign_members_user_id_idx", "user_id"),)

    campaign_id: Mapped[str] = mapped_column(
        ForeignKey(CampaignRow.id, ondelete="CASCADE", onupdate="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        ForeignKey(UserRow.id, ondelete="CASCADE", onupdate="CASCADE"), primary_key=True
    )
    role: Mapped[MemberRole] = mapped_column(
        stored_enum(MemberRole, "member_role"), server_default=MemberRole.PLAYER
    )
    nickname: Mapped[str | None] = mapped_column(TEXT)
    joined_at: Mapped[datetime] = mapped_column(instant(6), server_default=func.current_timestamp())


class CharacterRow(Base):
    """A character of a campaign."""

    __tablename__ = "characters"
    __table_args__ = (Index("characters_campaign_id_name_key", "campaign_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[str] = mapped_column(
        ForeignKey(CampaignRow.id, ondelete="CASCADE", onupdate="CASCADE")
    )
    name: Mapped[str] = mapped_column(VARCHAR(120))
    played_by: Mapped[str | None] = mapped_column(TEXT)
    sheet: Mapped[JsonValue] = mapped_column(
        document(), nullable=False, server_default=EMPTY_OBJECT
    )


class AppearanceRow(Base):
    """The appearance of a character in a session."""

    __tablename__ = "character_sessions"
    __table_args__ = (Index("character_sessions_session_id_idx", "session_id"),)

    character_id: Mapped[int] = mapped_column(
        ForeignKey(CharacterRow.id, ondelete="CASCADE", onupdate="CASCADE"), primary_key=True
    )
    session_id: Mapped[str] = mapped_column(
        ForeignKey(SessionRow.id, ondelete="CASCADE", onupdate="CASCADE"), primary_key=True
    )
