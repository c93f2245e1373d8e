"""Labels of the application's enums."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.enums import CampaignStatus, GameSystem, MemberRole, SessionStatus

SYSTEMS: Mapping[GameSystem, str] = {
    GameSystem.DND_5E: "D&D 5e",
    GameSystem.PATHFINDER_2E: "Pathfinder 2e",
    GameSystem.CALL_OF_CTHULHU: "Call of Cthulhu",
    GameSystem.HOMEBREW: "Homebrew",
}
STATUSES: Mapping[CampaignStatus, str] = {
    CampaignStatus.PLANNING: "Planning",
    CampaignStatus.ACTIVE: "Active",
    CampaignStatus.HIATUS: "On hiatus",
    CampaignStatus.COMPLETED: "Completed",
    CampaignStatus.ARCHIVED: "Archived",
}
TONES: Mapping[CampaignStatus, str] = {
    CampaignStatus.PLANNING: "accent",
    CampaignStatus.ACTIVE: "good",
    CampaignStatus.HIATUS: "warn",
    CampaignStatus.COMPLETED: "",
    CampaignStatus.ARCHIVED: "",
}
ROLES: Mapping[MemberRole, str] = {
    MemberRole.GM: "Game master",
    MemberRole.PLAYER: "Player",
    MemberRole.SPECTATOR: "Spectator",
}
PROGRESS: Mapping[SessionStatus, str] = {
    SessionStatus.DRAFT: "Draft",
    SessionStatus.UPLOADED: "Uploaded",
    SessionStatus.TRANSCRIBING: "Being transcribed",
    SessionStatus.TRANSCRIBED: "Transcribed",
    SessionStatus.SUMMARISING: "Being summarised",
    SessionStatus.READY: "Ready",
    SessionStatus.FAILED: "Failed",
}


def label(value: CampaignStatus | GameSystem | MemberRole | SessionStatus) -> str:
    """Return the label of a value."""
    match value:
        case GameSystem():
            return SYSTEMS[value]
        case CampaignStatus():
            return STATUSES[value]
        case MemberRole():
            return ROLES[value]
        case SessionStatus():
            return PROGRESS[value]


def tone(status: CampaignStatus) -> str:
    """Return the CSS class of a campaign's badge."""
    return TONES[status]
