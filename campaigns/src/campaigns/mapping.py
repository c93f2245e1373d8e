"""The mapping of the application's rows to DynamoDB and S3.

One table holds all items. Item attributes have the camelCase names of the columns.
Partitions:

    USER#<user>      PROFILE            the user
                     CAMP#<campaign>    the user's campaigns
                     TOKEN#<token>      the user's API tokens
    CAMP#<campaign>  SESS#<session>     the campaign's sessions
                     MEMB#<user>        its members
                     CHAR#<character>   its characters
    UNFILED#<user>   SESS#<session>     the user's sessions without a campaign
    SESS#<session>   CHAR#<character>   the characters that appear in the session

The index `gsi1` finds campaigns, sessions and characters by id, the campaigns of a member, the
sessions that a character appears in, and API tokens by digest.
"""

from __future__ import annotations

import re
from typing import Any

from campaigns.examples import EXAMPLES
from crossfade import Application, Body, Column, Mapping, Rule, Shape

SERVICE = "campaigns"


def _key(field: str, template: str) -> dict[str, Any]:
    composite = re.findall(r"\$\{(\w+)\}", template)
    return {"field": field, "composite": composite, "template": template, "casing": "none"}


def _table(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": _key("pk", pk), "sk": _key("sk", sk)}


def _index(pk: str, sk: str) -> dict[str, Any]:
    return {"index": "gsi1", "pk": _key("gsi1pk", pk), "sk": _key("gsi1sk", sk)}


def _enum(name: str, type_name: str, *, required: bool = False) -> Column:
    return Column(name, type_name, rule=Rule.TEXT, required=required)


def _overflow(mapping: str, column: str) -> Body:
    """Return a body that stays in the item, and moves to S3 only if the item would be too large."""
    plain = Column(column, "text")
    prefix = f"{mapping}-{column.replace('_', '-')}"
    return Body(column, f"{plain.attribute}StorageKey", prefix, overflow_only=True)


USER = Mapping(
    name="user",
    table="public.users",
    primary_key=("id",),
    columns=(
        Column("id", "text", attribute="userId", field="id", required=True),
        Column("email", "text", required=True),
        Column("name", "text"),
        Column("password_hash", "bytea"),
        # Snowflake ids exceed 2^53, the largest exact integer of JavaScript.
        Column("discord_user_id", "bigint", rule=Rule.TEXT),
        Column("time_zone", "character varying(64)", required=True),
        _enum("plan_tier", "plan_tier", required=True),
        Column("quota_bytes", "bigint", required=True),
        Column("credit_balance", "numeric(12,4)", required=True),
        Column("preferences", "jsonb", required=True),
        Column("recovery_codes", "text[]"),
        Column("last_login_at", "timestamp(6) with time zone"),
        Column("created_at", "timestamp(3) without time zone", required=True),
        Column("updated_at", "timestamp(3) without time zone", required=True),
    ),
    shapes=(Shape("user", {"record": _table("USER#${userId}", "PROFILE")}),),
    service=SERVICE,
    bodies=(_overflow("user", "preferences"),),
)

CAMPAIGN = Mapping(
    name="campaign",
    table="public.campaigns",
    primary_key=("id",),
    columns=(
        Column("id", "uuid", attribute="campaignId", field="id", required=True),
        Column("user_id", "text", required=True),
        Column("slug", "character varying(80)", required=True),
        Column("name", "character varying(200)", required=True),
        Column("description", "text"),
        _enum("system", "game_system", required=True),
        _enum("status", "campaign_status", required=True),
        Column("tags", "text[]"),
        Column("player_names", "text[]"),
        Column("settings", "jsonb"),
        # Unlike jsonb, json keeps the order of keys and repeated keys; so does text.
        Column("house_rules", "json", rule=Rule.TEXT),
        Column("cover_image_key", "text"),
        Column("started_on", "date"),
        Column("usual_start", "time(0) without time zone"),
        Column("party_level", "smallint", required=True),
        Column("treasury_gp", "numeric(14,2)", required=True),
        Column("session_count", "integer", required=True),
        Column("revision", "integer", required=True),
        Column("is_public", "boolean", required=True),
        Column("sequel_of_id", "uuid"),
        Column("archived_at", "timestamp(3) with time zone"),
        Column("created_at", "timestamp(3) without time zone", required=True),
        Column("updated_at", "timestamp(3) without time zone", required=True),
    ),
    shapes=(
        Shape(
            "campaign",
            {
                "record": _table("USER#${userId}", "CAMP#${campaignId}"),
                "byId": _index("CAMP#${campaignId}", "CAMPAIGN"),
            },
        ),
    ),
    service=SERVICE,
    bodies=tuple(
        _overflow("campaign", name) for name in ("description", "settings", "house_rules")
    ),
)

SESSION_BY_ID = _index("SESS#${sessionId}", "SESSION")

SESSION = Mapping(
    name="session",
    table="public.sessions",
    primary_key=("id",),
    columns=(
        Column("id", "text", attribute="sessionId", field="id", required=True),
        Column("user_id", "text", required=True),
        Column("campaign_id", "uuid"),
        Column("number", "integer"),
        Column("name", "character varying(200)", required=True),
        Column("description", "text"),
        _enum("status", "session_status", required=True),
        Column("error_message", "text"),
        Column("played_on", "date"),
        Column("started_at", "timestamp(6) with time zone"),
        Column("ended_at", "timestamp(6) with time zone"),
        Column("duration_ms", "bigint"),
        Column("audio_storage_key", "character varying(1024)"),
        Column("audio_bytes", "bigint"),
        Column("audio_sha256", "bytea"),
        Column("transcription_job_id", "text"),
        _enum("transcript_source", "transcript_source"),
        Column("transcript_lang", "character(5)"),
        Column("transcript_updated_at", "timestamp(6) with time zone"),
        Column("word_count", "integer"),
        Column("avg_confidence", "double precision"),
        Column("loudness_lufs", "real"),
        Column("transcription_cost_usd", "numeric(10,6)"),
        Column("xp_awarded", "numeric(65,30)"),
        Column("summary", "text"),
        Column("player_recap", "text"),
        Column("notes", "text"),
        Column("speaker_names", "jsonb"),
        Column("metrics", "jsonb"),
        Column("key_moments", "jsonb[]"),
        Column("tags", "text[]"),
        Column("initiative", "integer[]"),
        Column("is_starred", "boolean"),
        Column("share_token", "text", required=True),
        Column("share_expires_at", "timestamp(0) with time zone"),
        Column("revision", "integer", required=True),
        Column("created_at", "timestamp(3) without time zone", required=True),
        Column("updated_at", "timestamp(3) without time zone", required=True),
    ),
    shapes=(
        Shape(
            "session",
            {"record": _table("CAMP#${campaignId}", "SESS#${sessionId}"), "byId": SESSION_BY_ID},
        ),
        Shape(
            "unfiledSession",
            {"record": _table("UNFILED#${userId}", "SESS#${sessionId}"), "byId": SESSION_BY_ID},
        ),
    ),
    service=SERVICE,
    bodies=(
        Body("transcript_text", "transcriptStorageKey", "transcripts"),
        Body("transcript_json", "transcriptJsonStorageKey", "transcript-json"),
        *(
            _overflow("session", name)
            for name in (
                "notes",
                "summary",
                "player_recap",
                "metrics",
                "speaker_names",
                "description",
                "error_message",
            )
        ),
    ),
    # A trigger derives it from other columns; after the migration, search needs another system.
    ignored=("search_vector",),
)

MEMBER = Mapping(
    name="member",
    table="public.campaign_members",
    primary_key=("campaign_id", "user_id"),
    columns=(
        Column("campaign_id", "uuid", required=True),
        Column("user_id", "text", required=True),
        _enum("role", "member_role", required=True),
        Column("nickname", "text"),
        Column("joined_at", "timestamp(6) with time zone", required=True),
    ),
    shapes=(
        Shape(
            "member",
            {
                "record": _table("CAMP#${campaignId}", "MEMB#${userId}"),
                "byUser": _index("USER#${userId}", "MEMB#${campaignId}"),
            },
        ),
    ),
    service=SERVICE,
)

CHARACTER = Mapping(
    name="character",
    table="public.characters",
    primary_key=("id",),
    columns=(
        Column("id", "integer", attribute="characterId", field="id", required=True),
        Column("campaign_id", "uuid", required=True),
        Column("name", "character varying(120)", required=True),
        Column("played_by", "text"),
        Column("sheet", "jsonb", required=True),
    ),
    shapes=(
        Shape(
            "character",
            {
                "record": _table("CAMP#${campaignId}", "CHAR#${characterId}"),
                "byId": _index("CHAR#${characterId}", "CHARACTER"),
            },
        ),
    ),
    service=SERVICE,
    bodies=(_overflow("character", "sheet"),),
)

APPEARANCE = Mapping(
    name="appearance",
    table="public.character_sessions",
    primary_key=("character_id", "session_id"),
    columns=(
        Column("character_id", "integer", required=True),
        Column("session_id", "text", required=True),
    ),
    shapes=(
        Shape(
            "appearance",
            {
                "record": _table("SESS#${sessionId}", "CHAR#${characterId}"),
                "byCharacter": _index("CHAR#${characterId}", "SESS#${sessionId}"),
            },
        ),
    ),
    service=SERVICE,
)

API_TOKEN = Mapping(
    name="api-token",
    table="public.api_tokens",
    primary_key=("id",),
    columns=(
        Column("id", "uuid", attribute="tokenId", field="id", required=True),
        Column("user_id", "text", required=True),
        Column("name", "character varying(120)", required=True),
        Column("digest", "text", required=True),
        Column("created_at", "timestamp(6) with time zone", required=True),
        Column("last_used_at", "timestamp(6) with time zone"),
        Column("expires_at", "timestamp(0) with time zone"),
    ),
    shapes=(
        Shape(
            "apiToken",
            {
                "record": _table("USER#${userId}", "TOKEN#${tokenId}"),
                "byDigest": _index("TOKEN#${digest}", "TOKEN"),
            },
        ),
    ),
    service=SERVICE,
)

APPLICATION = Application(
    mappings=(USER, CAMPAIGN, SESSION, MEMBER, CHARACTER, APPEARANCE, API_TOKEN), examples=EXAMPLES
)
