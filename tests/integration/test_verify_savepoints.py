"""Rows written inside savepoints were captured; those written past the triggers were not.

Such a row's `xmin` is the number of a subtransaction, which is above that of its transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from crossfade.parity.model import Verdict
from crossfade.postgres.ledger.mark import mark_keys
from support.engines.values import Database, DynamoEngine, S3Engine
from support.postgres_tables import note_key
from support.verification import Stage, open_stage

INSERT = "INSERT INTO notes (id, owner, folder, title) VALUES ('a', 'o', 'f', 'first')"
UPDATE = "UPDATE notes SET title = title || '.' WHERE id = 'a'"

CAPTURED = {
    "one": ["SAVEPOINT s", INSERT, "RELEASE s"],
    "nested": ["SAVEPOINT s", INSERT, "SAVEPOINT t", UPDATE, "RELEASE t", "RELEASE s"],
    "several": [INSERT, "SAVEPOINT s", UPDATE, "RELEASE s", "SAVEPOINT t", UPDATE],
    "outside last": ["SAVEPOINT s", INSERT, "RELEASE s", UPDATE],
    "rolled back": ["SAVEPOINT s", INSERT, "SAVEPOINT t", UPDATE, "ROLLBACK TO t"],
    "rolled back whole": [INSERT, "SAVEPOINT s", UPDATE, "ROLLBACK TO s"],
    "inserted again": ["SAVEPOINT s", INSERT, "DELETE FROM notes", "SAVEPOINT t", INSERT],
    "moved": ["SAVEPOINT s", INSERT, "SAVEPOINT t", "UPDATE notes SET folder = 'g'"],
    "exception": [f"DO $$ BEGIN {INSERT}; EXCEPTION WHEN unique_violation THEN NULL; END $$"],
}
"""Ways to write a row in one transaction, by name."""


@pytest.fixture
async def stage(
    every_database: Database, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> AsyncIterator[Stage]:
    del credentials
    async with open_stage(every_database, ministack, bucket) as stage:
        yield stage


async def write(stage: Stage, statements: list[str], *, past_capture: bool = False) -> None:
    """Run statements in one transaction."""
    async with await psycopg.AsyncConnection.connect(stage.database.dsn) as connection:
        if past_capture:
            await connection.execute("ALTER TABLE notes DISABLE TRIGGER USER")
        for statement in statements:
            await connection.execute(statement.encode())
        if past_capture:
            await connection.execute(
                "ALTER TABLE notes ENABLE ALWAYS TRIGGER crossfade_capture_note"
            )


@pytest.mark.parametrize("statements", CAPTURED.values(), ids=CAPTURED)
async def test_a_captured_row_that_drifted_is_not_called_uncaptured(
    stage: Stage, statements: list[str]
) -> None:
    await write(stage, statements)
    await stage.drain()
    ((folder,),) = await stage.sql("SELECT folder FROM notes")
    item = stage.item("a", f"FOLDER#{folder}")
    stage.put({**item, "title": {"S": "damaged"}})
    assert await stage.verdicts() == {"a": Verdict.DRIFT_DIFFERS}
    stage.remove("a", f"FOLDER#{folder}")
    assert await stage.verdicts() == {"a": Verdict.DRIFT_MISSING}


@pytest.mark.parametrize("statements", CAPTURED.values(), ids=CAPTURED)
async def test_a_write_past_the_triggers_is_found_whatever_was_captured_before(
    stage: Stage, statements: list[str]
) -> None:
    await write(stage, statements)
    await stage.drain()
    await write(stage, [UPDATE], past_capture=True)
    assert await stage.verdicts() == {"a": Verdict.DRIFT_UNCAPTURED}


@pytest.mark.parametrize("statements", CAPTURED.values(), ids=CAPTURED)
async def test_a_write_past_the_triggers_is_found_inside_savepoints_too(
    stage: Stage, statements: list[str]
) -> None:
    await write(stage, statements, past_capture=True)
    assert await stage.verdicts() == {"a": Verdict.DRIFT_UNCAPTURED}


async def test_a_marked_key_keeps_what_is_known_of_its_row(stage: Stage) -> None:
    """Repair marks keys without writing rows."""
    await write(stage, CAPTURED["one"])
    await stage.drain()
    before = await stage.sql("SELECT row_xmin FROM crossfade.ledger")
    await mark_keys(stage.verifier.source, [(note_key("a", folder="f"), 0)], 10.0)
    assert await stage.sql("SELECT version, row_xmin FROM crossfade.ledger") == [(2, *before[0])]
