"""PostgreSQL's errors in our terms."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.errors import lookup
from psycopg_pool import PoolTimeout

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
from crossfade.postgres.errors import translate, translated


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("08006", Unreachable),
        ("22P02", InvalidRequest),
        ("23505", InvalidRequest),
        ("25006", Unreachable),
        ("28P01", AccessDenied),
        ("3D000", NoSuchStore),
        ("40001", Contended),
        ("40P01", Contended),
        ("42501", AccessDenied),
        ("42703", SchemaChanged),
        ("42P01", NoSuchStore),
        ("53300", Throttled),
        ("55P03", Contended),
        ("57014", TimedOut),
        ("57P01", Unreachable),
        ("XX000", ServerFault),
    ],
)
def test_each_state_has_its_error(state: str, kind: type[CrossfadeError]) -> None:
    error = translate(lookup(state)("private words"))
    assert type(error) is kind
    assert state in str(error)
    assert "private" not in str(error)


@pytest.mark.parametrize(
    ("words", "kind", "remedy"),
    [
        ('FATAL:  database "x" does not exist', NoSuchStore, "create the database"),
        ('FATAL:  password authentication failed for user "x"', AccessDenied, "role and password"),
        ('FATAL:  role "x" does not exist', AccessDenied, "role and password"),
        ("FATAL:  sorry, too many clients already", Throttled, "fewer connections"),
        ("connection refused", Unreachable, "check that the server is running"),
        ("the connection is lost", Unreachable, "check that the server is running"),
    ],
)
def test_a_refused_connection_is_translated_by_its_message(
    words: str, kind: type[CrossfadeError], remedy: str
) -> None:
    error = translate(psycopg.OperationalError(f"connection failed:\n {words}"))
    assert type(error) is kind
    assert remedy in str(error)
    assert "\n" not in str(error)


def test_a_pool_that_is_used_up_is_overloaded() -> None:
    assert type(translate(PoolTimeout("after 5 sec"))) is Overloaded


def test_an_error_of_the_drivers_own_is_a_bad_request() -> None:
    error = translate(psycopg.ProgrammingError("cannot adapt 'private'"))
    assert type(error) is InvalidRequest
    assert "private" not in str(error)


def test_the_drivers_error_is_cut_off() -> None:
    with pytest.raises(Unreachable) as raised, translated():
        raise psycopg.OperationalError("gone")
    assert raised.value.__suppress_context__
