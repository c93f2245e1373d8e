"""The application's closed sets of values, as PostgreSQL stores them."""

from __future__ import annotations

from enum import StrEnum


class PlanTier(StrEnum):
    """What a user pays for."""

    FREE = "FREE"
    SUPPORTER = "supporter-v1"
    TABLE = "TABLE"


class GameSystem(StrEnum):
    """The rules a campaign is played by."""

    DND_5E = "dnd-5e"
    PATHFINDER_2E = "pf-2e"
    CALL_OF_CTHULHU = "CALL_OF_CTHULHU"
    HOMEBREW = "HOMEBREW"


class CampaignStatus(StrEnum):
    """Where a campaign stands."""

    PLANNING = "PLANNING"
    ACTIVE = "ACTIVE"
    HIATUS = "HIATUS"
    COMPLETED = "COMPLETED"
    ARCHIVED = "ARCHIVED"


class SessionStatus(StrEnum):
    """How far the processing of a recorded session got."""

    DRAFT = "DRAFT"
    UPLOADED = "UPLOADED"
    TRANSCRIBING = "TRANSCRIBING"
    TRANSCRIBED = "TRANSCRIBED"
    SUMMARISING = "SUMMARISING"
    READY = "READY"
    FAILED = "FAILED"


class TranscriptSource(StrEnum):
    """Where a transcript came from."""

    PASTED = "PASTED"
    FILE = "FILE"
    AWS_TRANSCRIBE = "AWS_TRANSCRIBE"
    WHISPER = "WHISPER"


class MemberRole(StrEnum):
    """What a member does at the table."""

    GM = "GM"
    PLAYER = "PLAYER"
    SPECTATOR = "SPECTATOR"


class ExportForm(StrEnum):
    """How a transcript is taken along; the value ends the file's name."""

    MARKDOWN = "md"
    TEXT = "txt"
