"""The application's enums, with the values that PostgreSQL stores."""

from __future__ import annotations

from enum import StrEnum


class PlanTier(StrEnum):
    """The plan of a user."""

    FREE = "FREE"
    SUPPORTER = "supporter-v1"
    TABLE = "TABLE"


class GameSystem(StrEnum):
    """The rules of a campaign."""

    DND_5E = "dnd-5e"
    PATHFINDER_2E = "pf-2e"
    CALL_OF_CTHULHU = "CALL_OF_CTHULHU"
    HOMEBREW = "HOMEBREW"


class CampaignStatus(StrEnum):
    """The status of a campaign."""

    PLANNING = "PLANNING"
    ACTIVE = "ACTIVE"
    HIATUS = "HIATUS"
    COMPLETED = "COMPLETED"
    ARCHIVED = "ARCHIVED"


class SessionStatus(StrEnum):
    """The status of a session's recording."""

    DRAFT = "DRAFT"
    UPLOADED = "UPLOADED"
    TRANSCRIBING = "TRANSCRIBING"
    TRANSCRIBED = "TRANSCRIBED"
    SUMMARISING = "SUMMARISING"
    READY = "READY"
    FAILED = "FAILED"


class TranscriptSource(StrEnum):
    """The source of a transcript."""

    PASTED = "PASTED"
    FILE = "FILE"
    AWS_TRANSCRIBE = "AWS_TRANSCRIBE"
    WHISPER = "WHISPER"


class MemberRole(StrEnum):
    """The role of a member."""

    GM = "GM"
    PLAYER = "PLAYER"
    SPECTATOR = "SPECTATOR"


class ExportForm(StrEnum):
    """The format of an exported transcript; the value is the file extension."""

    MARKDOWN = "md"
    TEXT = "txt"
