"""The actions of a user. Each commits one transaction on PostgreSQL, then pushes the row."""

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
from campaigns.actions.cards import (
    get_campaign_view,
    list_campaign_cards,
    list_session_cards,
)
from campaigns.actions.export import export_account
from campaigns.actions.leaving import delete_account
from campaigns.actions.people import (
    add_appearance,
    add_character,
    add_member,
    create_user,
    list_characters,
    list_members,
    remove_character,
    remove_member,
)
from campaigns.actions.search import search_sessions
from campaigns.actions.session_views import SessionView, view_session
from campaigns.actions.sessions import (
    create_session,
    delete_session,
    get_session,
    list_sessions,
    update_session,
)
from campaigns.actions.shares import get_shared, revoke_share, share_session
from campaigns.actions.tokens import create_token, list_tokens, revoke_token, user_of_token
from campaigns.actions.transcripts import get_transcript, save_transcript
from campaigns.actions.turns import edit_turn, get_turns, rename_speaker, save_upload

__all__ = [
    "SessionView",
    "add_appearance",
    "add_character",
    "add_member",
    "change_password",
    "create_campaign",
    "create_session",
    "create_token",
    "create_user",
    "delete_account",
    "delete_campaign",
    "delete_session",
    "edit_turn",
    "export_account",
    "find_account",
    "get_account",
    "get_campaign",
    "get_campaign_view",
    "get_session",
    "get_shared",
    "get_transcript",
    "get_turns",
    "list_campaign_cards",
    "list_campaigns",
    "list_characters",
    "list_members",
    "list_session_cards",
    "list_sessions",
    "list_tokens",
    "record_sign_in",
    "remove_character",
    "remove_member",
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
    "view_session",
]
