"""Inputs of actions. An omitted field keeps its column; null sets the column to NULL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from campaigns import fields as accept
from campaigns.enums import (
    CampaignStatus,
    GameSystem,
    MemberRole,
    PlanTier,
    SessionStatus,
    TranscriptSource,
)
from campaigns.errors import Invalid, Problem
from campaigns.fields import Given
from campaigns.input_messages import remedy

FOUND = {"missing": "missing", "extra_forbidden": "unknown field"}
FIELD_CHARACTERS_MAX = 64
PAGE_ITEMS_MAX = 200


def problem(error: ErrorDetails) -> Problem:
    """Convert an error of pydantic, without the value and without paths inside documents."""
    head, *rest = error["loc"] or ("input",)
    known = str(head).isidentifier() and len(str(head)) <= FIELD_CHARACTERS_MAX
    position = [str(part) for part in rest[:1] if isinstance(part, int)]
    field = ".".join([str(head) if known else "a field", *position])
    found = FOUND.get(error["type"]) or kind(error["input"])
    return Problem(field, found, remedy(error))


def kind(value: object) -> str:
    """Describe a value without repeating it."""
    match value:
        case None:
            return "null"
        case str():
            return f"text of {len(value)} characters"
        case list() | tuple() | dict():
            return f"{type(value).__name__} of {len(value)} entries"
        case _:
            return type(value).__name__


def require_order(started_at: datetime | None, ended_at: datetime | None) -> None:
    """Check that a session does not end before it starts.

    Raises:
        Invalid: it does; the error names `ended_at`.
    """
    if started_at and ended_at and ended_at < started_at:
        raise Invalid(Problem("ended_at", "before started_at", "swap or correct the two"))


class Input(BaseModel):
    """The base of inputs: immutable, and validated when created.

    Raises:
        Invalid: a field is unknown, missing or invalid.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _raise_invalid(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            raise Invalid(*map(problem, error.errors(include_url=False))) from None

    def given(self) -> dict[str, Any]:
        """Return the given fields by name."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class NewUser(Input):
    """A new account."""

    email: accept.Email
    name: accept.Line | None = None
    password_hash: bytes | None = Field(default=None, max_length=1024, repr=False)
    discord_user_id: accept.Size | None = None
    time_zone: Given[accept.TimeZone] = None
    plan_tier: Given[PlanTier] = None
    quota_bytes: Given[accept.Size] = None
    credit_balance: Given[accept.Credit] = None
    preferences: Given[accept.JsonObject] = None
    recovery_codes: Given[accept.Lines] = Field(default=None, repr=False)


class NewPassword(Input):
    """A new password."""

    password: accept.Password = Field(repr=False)


class ProfileChanges(Input):
    """Changes to a user's profile."""

    name: accept.Line | None = None
    time_zone: Given[accept.KnownTimeZone] = None


class NewApiToken(Input):
    """A new API token.

    Attributes:
        name: its purpose.
        expires_at: when it expires; never unless given.
    """

    name: accept.CharacterName
    expires_at: accept.Instant | None = None


class CampaignFields(Input):
    """The optional fields of a campaign."""

    slug: Given[accept.Slug] = None
    description: accept.LongText | None = None
    system: Given[GameSystem] = None
    status: Given[CampaignStatus] = None
    tags: Given[accept.Lines] = None
    player_names: Given[accept.Lines] = None
    settings: accept.Json = None
    house_rules: accept.Json = None
    cover_image_key: accept.Line | None = None
    started_on: date | None = None
    usual_start: accept.WallClockTime | None = None
    party_level: Given[accept.Level] = None
    treasury_gp: Given[accept.Gold] = None
    is_public: Given[bool] = None
    sequel_of_id: accept.CampaignId | None = None


class NewCampaign(CampaignFields):
    """A new campaign; its slug is derived from its name unless given."""

    name: accept.Name


class CampaignChanges(CampaignFields):
    """Changes to a campaign at `expected_revision`."""

    expected_revision: accept.Revision
    name: Given[accept.Name] = None


class SessionFields(Input):
    """The optional fields of a session; `save_transcript` changes its transcript."""

    campaign_id: accept.CampaignId | None = None
    number: accept.Positive | None = None
    description: accept.LongText | None = None
    status: Given[SessionStatus] = None
    error_message: accept.LongText | None = None
    played_on: date | None = None
    started_at: accept.Instant | None = None
    ended_at: accept.Instant | None = None
    duration_ms: accept.Size | None = None
    audio_storage_key: accept.Line | None = None
    audio_bytes: accept.Size | None = None
    audio_sha256: accept.Sha256 | None = None
    transcription_job_id: accept.Line | None = None
    avg_confidence: accept.Share | None = None
    loudness_lufs: accept.Loudness | None = None
    transcription_cost_usd: accept.Money | None = None
    xp_awarded: accept.Experience | None = None
    summary: accept.LongText | None = None
    player_recap: accept.LongText | None = None
    notes: accept.LongText | None = None
    speaker_names: accept.JsonObject | None = None
    metrics: accept.Json = None
    key_moments: Given[accept.JsonList] = None
    tags: Given[accept.Lines] = None
    initiative: Given[accept.Integers] = None
    is_starred: bool | None = None
    share_expires_at: accept.Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.started_at, self.ended_at)
        return self


class NewSession(SessionFields):
    """A new session."""

    name: accept.Name


class SessionChanges(SessionFields):
    """Changes to a session at `expected_revision`.

    A given `campaign_id` moves the session to another campaign, null to none.
    """

    expected_revision: accept.Revision
    name: Given[accept.Name] = None


class TranscriptChanges(Input):
    """A transcript as text, as a JSON document, or as both; null removes one.

    Attributes:
        expected_revision: the session's revision that the change was made for.
        text: the transcript as plain text.
        document: the transcript as JSON in a string.
        source: the source of the transcript.
        lang: its language, such as ``en`` or ``en-GB``.
    """

    expected_revision: accept.Revision
    text: accept.TranscriptText | None = None
    document: accept.TranscriptJson | None = None
    source: TranscriptSource | None = None
    lang: accept.Language | None = None

    @model_validator(mode="after")
    def _has_content(self) -> Self:
        if not self.model_fields_set & {"text", "document"}:
            raise Invalid(Problem("text", "missing, and document too", "give at least one of them"))
        return self


class NewMember(Input):
    """A user who joins a campaign."""

    user_id: accept.Line
    role: Given[MemberRole] = None
    nickname: accept.Line | None = None


class NewCharacter(Input):
    """A new character."""

    name: accept.CharacterName
    played_by: accept.Line | None = None
    sheet: Given[accept.JsonObject] = None


class PageRequest(Input):
    """A request for one page of a list.

    Attributes:
        limit: maximal number of entries.
        after: `Page.after` of the previous page; the first page unless given.
    """

    limit: int = Field(default=50, ge=1, le=PAGE_ITEMS_MAX)
    after: str | None = Field(default=None, max_length=2048)


class CampaignQuery(PageRequest):
    """A query of the user's campaigns, last changed first.

    Attributes:
        status: only campaigns with this status.
        unarchived: omit archived campaigns.
    """

    status: CampaignStatus | None = None
    unarchived: bool = False


class SessionQuery(PageRequest):
    """A query of the user's sessions, newest first: all, of one campaign, or of no campaign."""

    campaign_id: accept.CampaignId | None = None
    unfiled: bool = False
