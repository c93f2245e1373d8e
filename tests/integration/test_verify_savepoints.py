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
from support.verification import VerifiedNotes, open_verified_notes

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
async def verified_notes(
    every_database: Database, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> AsyncIterator[VerifiedNotes]:
    del credentials
    async with open_verified_notes(every_database, ministack, bucket) as verified_notes:
        yield verified_notes


async def write(
    verified_notes: VerifiedNotes, statements: list[str], *, past_capture: bool = False
) -> None:
    """Run statements in one transaction."""
    async with await psycopg.AsyncConnection.connect(verified_notes.database.dsn) as connection:
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
    verified_notes: VerifiedNotes, statements: list[str]
) -> None:
    await write(verified_notes, statements)
    await verified_notes.drain()
    ((folder,),) = await verified_notes.sql("SELECT folder FROM notes")
    item = verified_notes.item("a", f"FOLDER#{folder}")
    verified_notes.put({**item, "title": {"S": "damaged"}})
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_DIFFERS}
    verified_notes.remove("a", f"FOLDER#{folder}")
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_MISSING}


@pytest.mark.parametrize("statements", CAPTURED.values(), ids=CAPTURED)
async def test_a_write_past_the_triggers_is_found_after_any_captured_write(
    verified_notes: VerifiedNotes, statements: list[str]
) -> None:
    await write(verified_notes, statements)
    await verified_notes.drain()
    await write(verified_notes, [UPDATE], past_capture=True)
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_UNCAPTURED}


@pytest.mark.parametrize("statements", CAPTURED.values(), ids=CAPTURED)
async def test_a_write_past_the_triggers_is_found_inside_savepoints_too(
    verified_notes: VerifiedNotes, statements: list[str]
) -> None:
    await write(verified_notes, statements, past_capture=True)
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_UNCAPTURED}


async def test_a_marked_key_keeps_what_is_known_of_its_row(verified_notes: VerifiedNotes) -> None:
    """Repair marks keys without writing rows."""
    await write(verified_notes, CAPTURED["one"])
    await verified_notes.drain()
    before = await verified_notes.sql("SELECT row_xmin FROM crossfade.ledger")
    await mark_keys(verified_notes.verifier.resources.pool, [(note_key("a", folder="f"), 0)], 10.0)
    assert await verified_notes.sql("SELECT version, row_xmin FROM crossfade.ledger") == [
        (2, *before[0])
    ]
