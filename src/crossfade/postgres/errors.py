"""PostgreSQL's errors, translated to Crossfade's by one table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from crossfade.errors import (
    AccessDenied,
    Contended,
    CrossfadeError,
    InvalidRequest,
    NoSuchStore,
    Overloaded,
    SchemaChanged,
    ServerFault,
    Throttled,
    TimedOut,
    Unreachable,
)

# Source: PostgreSQL documentation, appendix "PostgreSQL Error Codes".
_BY_STATE: dict[str, type[CrossfadeError]] = {
    "25006": Unreachable,  # read-only transaction: a standby
    "3D000": NoSuchStore,  # no such database
    "3F000": NoSuchStore,  # no such schema
    "42501": AccessDenied,  # insufficient privilege
    "42703": SchemaChanged,  # no such column
    "42804": SchemaChanged,  # datatype mismatch
    "42883": SchemaChanged,  # no such operator: a column's type has changed
    "42P01": NoSuchStore,  # no such table
    "55P03": Contended,  # lock_timeout
    "57014": TimedOut,  # statement_timeout
}
_BY_CLASS: dict[str, type[CrossfadeError]] = {
    "08": Unreachable,
    "22": InvalidRequest,
    "23": InvalidRequest,
    "28": AccessDenied,
    "40": Contended,  # serialization failures and deadlocks
    "53": Throttled,  # too many connections, no memory, no disk
    "57": Unreachable,  # shutdown, crash, start-up
}
# A refused connection has no SQLSTATE; libpq reports only the server's message.
_STATE_BY_REFUSAL: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r'FATAL: +database ".*" does not exist'), "3D000"),
    (re.compile(r"FATAL: +(sorry, )?(too many|remaining) (clients|connection)"), "53300"),
    (re.compile(r"FATAL: .*(authentication|role|permission|pg_hba)|no password"), "28000"),
)
_NO_CONNECTION = "08001"
_REMEDIES = {
    "08": "check that the server is running, and correct the database URL",
    "28": "correct the role and password of the database URL",
    "3D000": "create the database, or correct the database URL",
    "3F000": "run `crossfade install`",
    "42501": "grant the role the privileges that the documentation of the ledger lists",
    "42703": "update the mapping, then run `crossfade install`",
    "42P01": "run `crossfade install`",
    "53": "add resources to the server, or open fewer connections",
}
# Classes with messages that describe the server; those of other classes may quote a row.
_PUBLIC_CLASSES = frozenset({"08", "25", "28", "3D", "3F", "53", "55", "57"})


@contextmanager
def translated() -> Iterator[None]:
    """Raise Crossfade's error for each of the driver's, without its cause, which may quote rows.

    Raises:
        CrossfadeError: the translation of the driver's error.
    """
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from None


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `TimedOut` when a deadline of `asyncio.timeout` has passed.

    Raises:
        TimedOut: with the limit in its message.
    """
    try:
        yield
    except TimeoutError:
        raise TimedOut(f"PostgreSQL did not answer within {seconds:g} s") from None


def translate(error: psycopg.Error) -> CrossfadeError:
    """Return Crossfade's error for one of the driver's."""
    match error:
        case PoolTimeout() | PoolClosed():
            return Overloaded(f"PostgreSQL: {error}; raise connections_max, or check the server")
        case psycopg.errors.ConnectionTimeout():
            return TimedOut(
                "PostgreSQL: no session within connect_timeout; check that the server is running"
            )
        case _ if error.sqlstate is None:
            return _without_state(error)
        case _:
            return _with_state(error, error.sqlstate)


def _without_state(error: psycopg.Error) -> CrossfadeError:
    """Return the error for one of the driver's own: of the connection, or before any statement."""
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        text = _one_line(str(error))
        states = (state for pattern, state in _STATE_BY_REFUSAL if pattern.search(text))
        state = next(states, _NO_CONNECTION)
        return _kind(state)(f"PostgreSQL: {text}; {_remedy(state)}")
    return InvalidRequest(f"PostgreSQL: {type(error).__name__} before the statement was sent")


def _with_state(error: psycopg.Error, state: str) -> CrossfadeError:
    subject = " ".join(
        f"{name} {value}"
        for name, value in (
            ("table", error.diag.table_name),
            ("column", error.diag.column_name),
            ("constraint", error.diag.constraint_name),
        )
        if value
    )
    text = f": {_one_line(error.diag.message_primary)}" if _is_public(state) else ""
    remedy = _remedy(state)
    return _kind(state)(
        f"PostgreSQL {state} {type(error).__name__}{text}"
        f"{f' ({subject})' if subject else ''}{f'; {remedy}' if remedy else ''}"
    )


def _kind(state: str) -> type[CrossfadeError]:
    return _BY_STATE.get(state) or _BY_CLASS.get(state[:2], ServerFault)


def _remedy(state: str) -> str | None:
    return _REMEDIES.get(state) or _REMEDIES.get(state[:2])


def _is_public(state: str) -> bool:
    """Return whether the message names parts of the schema or the server, never a value."""
    return state[:2] in _PUBLIC_CLASSES or state in _BY_STATE


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
