"""Everything a user can do. Each action is one transaction on PostgreSQL, then a push."""

from __future__ import annotations

from campaigns.actions.accounts import (
    change_password,
    find_account,
    get_account,
    record_sign_in,
    update_profile,
)
from campaigns.actions.campaigns import (
    create_campaign,
    delete_campaign,
    get_campaign,
    list_campaigns,
    update_campaign,
)
from campaigns.actions.people import add_appearance, add_character, add_member, create_user
from campaigns.actions.sessions import (
    create_session,
    delete_session,
    get_session,
    list_sessions,
    update_session,
)
from campaigns.actions.transcripts import get_transcript, save_transcript

__all__ = [
    "add_appearance",
    "add_character",
    "add_member",
    "change_password",
    "create_campaign",
    "create_session",
    "create_user",
    "delete_campaign",
    "delete_session",
    "find_account",
    "get_account",
    "get_campaign",
    "get_session",
    "get_transcript",
    "list_campaigns",
    "list_sessions",
    "record_sign_in",
    "save_transcript",
    "update_campaign",
    "update_profile",
    "update_session",
]
