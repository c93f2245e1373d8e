"""Translation of PostgreSQL's errors into the application's, by SQLSTATE and constraint."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from campaigns.errors import CampaignsError, Conflict, Invalid, NotFound, Problem, Unavailable

TAKEN = {
    "users_email_key": ("email", "used by another account", "give another address"),
    "users_discord_user_id_key": (
        "discord_user_id",
        "linked to another account",
        "unlink it there",
    ),
    "campaigns_user_id_slug_key": (
        "slug",
        "used by another campaign of yours",
        "give another slug",
    ),
    "sessions_campaign_id_number_key": (
        "number",
        "used by another session of the campaign",
        "give another number, or none",
    ),
    "campaign_members_pkey": ("user_id", "a member already", "nothing to do"),
    "characters_campaign_id_name_key": (
        "name",
        "used by another character of the campaign",
        "give another name",
    ),
    "character_sessions_pkey": ("session_id", "has the character already", "nothing to do"),
}

MISSING = {
    "campaigns_user_id_fkey": "user",
    "campaigns_sequel_of_id_fkey": "campaign",
    "sessions_user_id_fkey": "user",
    "sessions_campaign_id_fkey": "campaign",
    "campaign_members_campaign_id_fkey": "campaign",
    "campaign_members_user_id_fkey": "user",
    "characters_campaign_id_fkey": "campaign",
    "api_tokens_user_id_fkey": "user",
    "character_sessions_character_id_fkey": "character",
    "character_sessions_session_id_fkey": "session",
}


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Translate PostgreSQL's errors that the block raises.

    The driver's messages may quote values, so they are dropped.

    Raises:
        Conflict: a unique value is taken.
        Invalid: PostgreSQL cannot store a value.
        NotFound: a referenced row does not exist.
        Unavailable: PostgreSQL does not answer or is too busy.
    """
    try:
        yield
    except PoolTimeoutError:
        raise Unavailable("every connection to PostgreSQL is busy; try again") from None
    except DBAPIError as error:
        known = refusal(error)
        if known is None:
            raise
        raise known from None


def refusal(error: DBAPIError) -> CampaignsError | None:
    """Return the error for the caller, None if the cause is a defect of the application."""
    cause = error.orig
    if not isinstance(cause, psycopg.Error):
        return None
    known = _constraint(cause.diag.constraint_name or "") or _state(cause.sqlstate or "")
    if known is None and isinstance(error, DataError):
        return unfit()
    if known is None and isinstance(error, InterfaceError | OperationalError):
        return unreachable(cause)
    return known


def unreachable(cause: psycopg.Error) -> Unavailable:
    """Return the error of a lost or refused connection, with libpq's reason."""
    if cause.sqlstate is not None:
        return Unavailable(f"PostgreSQL answers with error {cause.sqlstate}; see its log")
    reason = next(iter(str(cause).splitlines()), "no connection")
    return Unavailable(f"no connection to PostgreSQL ({reason}); try again when it answers")


def unfit() -> Invalid:
    """Return the error of a value that only PostgreSQL rejects."""
    return Invalid(Problem("input", "a value PostgreSQL cannot store", "check ranges and JSON"))


def _constraint(name: str) -> CampaignsError | None:
    if name in TAKEN:
        return Conflict(*TAKEN[name])
    if name in MISSING:
        return NotFound(MISSING[name])
    return None


def _state(sqlstate: str) -> CampaignsError | None:
    """Return the error for a SQLSTATE. Source: PostgreSQL, appendix "PostgreSQL Error Codes"."""
    match sqlstate[:2]:
        case "22":
            return unfit()
        case "54":
            problem = Problem(
                "input", "too large or too deep for PostgreSQL", "shorten or split it"
            )
            return Invalid(problem)
        case "40":
            return Unavailable("a concurrent change prevented this one; try again")
        case _:
            return None
