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
from campaigns.actions.search import search_sessions
from campaigns.actions.sessions import (
    create_session,
    delete_session,
    get_session,
    list_sessions,
    update_session,
)
from campaigns.actions.tokens import create_token, list_tokens, revoke_token, user_of_token
from campaigns.actions.shares import get_shared, revoke_share, share_session
from campaigns.actions.stages import Stage, open_stage
from campaigns.actions.transcripts import get_transcript, save_transcript
from campaigns.actions.turns import edit_turn, get_spoken, rename_speaker, save_upload

__all__ = [
    "Stage",
    "add_appearance",
    "add_character",
    "add_member",
    "change_password",
    "create_campaign",
    "create_session",
    "create_token",
    "create_user",
    "delete_campaign",
    "delete_session",
    "edit_turn",
    "find_account",
    "get_account",
    "get_campaign",
    "get_session",
    "get_shared",
    "get_spoken",
    "get_transcript",
    "list_campaigns",
    "list_sessions",
    "list_tokens",
    "open_stage",
    "record_sign_in",
    "rename_speaker",
    "revoke_share",
    "revoke_token",
    "save_transcript",
    "save_upload",
    "search_sessions",
    "share_session",
    "update_campaign",
    "update_profile",
    "update_session",
    "user_of_token",
]
