"""The forms of capture to compare: none, the installed one, and two that were rejected."""

from __future__ import annotations

import psycopg
from psycopg import sql

from crossfade.mapping.declaration.mapping import Column, Mapping, Shape
from crossfade.postgres import install
from crossfade.postgres.mapped_sql import key_expression

NONE = "without Crossfade"
INSTALLED = "row triggers (installed)"
STATEMENT = "statement triggers"
NOTIFYING = "row triggers and NOTIFY"

TABLE = """
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    campaign_id uuid,
    name text NOT NULL,
    revision integer NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80)
"""

_KEY = {"casing": "none"}
MAPPING = Mapping(
    name="session",
    table="public.sessions",
    primary_key=("id",),
    columns=(
        Column("id", "uuid", required=True),
        Column("campaign_id", "uuid"),
        Column("name", "text", required=True),
        Column("revision", "integer", required=True),
        Column("updated_at", "timestamp with time zone", required=True),
    ),
    shapes=(
        Shape(
            "Session",
            {
                "primary": {
                    "pk": {
                        "field": "pk",
                        "composite": ["campaignId"],
                        "template": "CAMP#${campaignId}",
                    }
                    | _KEY,
                    "sk": {"field": "sk", "composite": ["id"], "template": "SESS#${id}"} | _KEY,
                }
            },
        ),
        Shape(
            "Unfiled",
            {
                "primary": {
                    "pk": {"field": "pk", "composite": ["id"], "template": "UNFILED#${id}"} | _KEY,
                    "sk": {"field": "sk", "composite": [], "template": "UNFILED"} | _KEY,
                }
            },
        ),
    ),
    service="bench",
)

# By event: the transition tables, and the keys of the changed rows.
_TOUCHED = {
    "INSERT": ("NEW TABLE AS fresh", "SELECT {new_key} FROM fresh"),
    "DELETE": ("OLD TABLE AS stale", "SELECT {old_key} FROM stale"),
    "UPDATE": (
        "OLD TABLE AS stale NEW TABLE AS fresh",
        "SELECT {old_key} FROM stale UNION SELECT {new_key} FROM fresh",
    ),
}

_STATEMENT_FUNCTION = """
CREATE FUNCTION crossfade.{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $capture$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    INSERT INTO crossfade.ledger AS known
        (entity, key, version, xid, dirty_since, next_attempt_at)
    SELECT 'session', touched.key, 1, pg_current_xact_id(), moment, moment
    FROM ({touched}) AS touched(key)
    ORDER BY touched.key
    ON CONFLICT (entity, key) DO UPDATE SET
        version = known.version + 1,
        xid = excluded.xid,
        dirty_since = coalesce(known.dirty_since, excluded.dirty_since),
        attempts = 0,
        faults = 0,
        parked_reason = NULL,
        next_attempt_at = CASE
            WHEN known.dirty_since IS NULL OR known.attempts > 0 THEN excluded.next_attempt_at
            ELSE known.next_attempt_at
        END;
    RETURN NULL;
END $capture$
"""

_NOTIFY = """
CREATE FUNCTION notify() RETURNS trigger LANGUAGE plpgsql AS $notify$
BEGIN
    PERFORM pg_notify('crossfade', '');
    RETURN NULL;
END $notify$;
CREATE TRIGGER notify AFTER INSERT OR UPDATE OR DELETE ON sessions
FOR EACH STATEMENT EXECUTE FUNCTION notify()
"""


async def build(dsn: str, form: str) -> None:
    """Create the table with one form of capture."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(TABLE)
        if form == NONE:
            return
        await install(dsn, [MAPPING])
        if form == NOTIFYING:
            await connection.execute(_NOTIFY)
        if form == STATEMENT:
            await connection.execute("DROP TRIGGER crossfade_capture_session ON sessions")
            for event in _TOUCHED:
                await _create_statement_trigger(connection, event)


async def _create_statement_trigger(connection: psycopg.AsyncConnection, event: str) -> None:
    tables, touched = _TOUCHED[event]
    name = sql.Identifier(f"capture_session_{event.lower()}")
    keys = sql.SQL(touched).format(
        old_key=key_expression(MAPPING, sql.SQL("stale")),
        new_key=key_expression(MAPPING, sql.SQL("fresh")),
    )
    await connection.execute(sql.SQL(_STATEMENT_FUNCTION).format(name=name, touched=keys))
    await connection.execute(
        sql.SQL(
            f"CREATE TRIGGER {{}} AFTER {event} ON sessions REFERENCING {tables} "
            "FOR EACH STATEMENT EXECUTE FUNCTION crossfade.{}()"
        ).format(name, name)
    )
