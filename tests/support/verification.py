"""A small application with a table of notes, a relay and a verifier on real engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from crossfade.events import Event
from crossfade.mapping.application import Application
from crossfade.mapping.state import Key
from crossfade.parity.full_pass import PassLimits, run_full_pass
from crossfade.parity.model import Finding, Run, Verdict
from crossfade.parity.stores import VerificationStores
from crossfade.postgres import install
from crossfade.runtime.migration import Migration, open_migration
from crossfade.runtime.verification import Verifier, open_verifier
from crossfade.settings import Settings
from support.engines.clients import boto_client
from support.engines.product import DRAIN_SECONDS_MAX, create_table_with_index, settings_of
from support.engines.values import Database, DynamoEngine, S3Engine
from support.postgres_tables import CREATE_NOTES, NOTES

APPLICATION = Application((NOTES,))


@dataclass(frozen=True)
class VerifiedNotes:
    """Both stores, the migration between them, and the verifier that compares them."""

    database: Database
    settings: Settings
    migration: Migration
    verifier: Verifier
    dynamodb: Any
    s3: Any
    events: list[Event] = field(default_factory=list)

    @property
    def table(self) -> str:
        return self.settings.dynamodb_table_name

    async def sql(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a statement as the application does."""
        async with await psycopg.AsyncConnection.connect(self.database.dsn) as connection:
            cursor = await connection.execute(statement.encode(), parameters or None)
            return await cursor.fetchall() if cursor.description else []

    async def add(self, *notes: str, folder: str | None = "f", content: str | None = None) -> None:
        """Insert notes."""
        for note in notes:
            await self.sql(
                "INSERT INTO notes (id, owner, folder, title, content) "
                "VALUES (%s, 'o', %s, %s, %s)",
                note,
                folder,
                f"title of {note}",
                content,
            )

    async def past_capture(self, statement: str, *parameters: object) -> None:
        """Run a statement that the triggers do not see."""
        async with await psycopg.AsyncConnection.connect(self.database.dsn) as connection:
            await connection.execute("ALTER TABLE notes DISABLE TRIGGER USER")
            await connection.execute(statement.encode(), parameters or None)
            await connection.execute(
                "ALTER TABLE notes ENABLE ALWAYS TRIGGER crossfade_capture_note"
            )

    async def drain(self) -> None:
        """Deliver until nothing is dirty, also what is not due yet."""
        dirty = "SELECT 1 FROM crossfade.ledger WHERE version > acked AND parked_reason IS NULL"
        async with asyncio.timeout(DRAIN_SECONDS_MAX):
            while await self.sql(dirty):
                if not await self.migration.relay_step():
                    await asyncio.sleep(0.02)

    def item(self, note: str, pk: str = "FOLDER#f") -> dict[str, Any]:
        """Return the item of a note."""
        key = self.item_key(note, pk)
        answer = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        found: dict[str, Any] = answer["Item"]
        return found

    def item_key(self, note: str, pk: str = "FOLDER#f") -> dict[str, Any]:
        """Return the key of a note's item."""
        return {"pk": {"S": pk}, "sk": {"S": f"NOTE#{note}"}}

    def put(self, item: dict[str, Any]) -> None:
        """Write an item past the relay."""
        self.dynamodb.put_item(TableName=self.table, Item=item)

    def remove(self, note: str, pk: str = "FOLDER#f") -> None:
        """Delete an item past the relay."""
        key = self.item_key(note, pk)
        self.dynamodb.delete_item(TableName=self.table, Key=key)

    def observed(self, kind: type[Event]) -> list[Event]:
        """Return the events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def findings(self) -> dict[Key, Finding]:
        """Return the open findings by key."""
        found = await self.verifier.findings.open_page(["note"])
        return {finding.comparison.key: finding for finding in found}

    async def verdicts(self, *, is_deep: bool = False) -> dict[str, Verdict]:
        """Make a full pass; return the verdict of each open finding by the key's first part."""
        await self.verifier.run_full_pass(is_deep=is_deep)
        return {
            str(key.parts[0]): one.comparison.verdict
            for key, one in (await self.findings()).items()
        }


@dataclass(frozen=True)
class TestedPass:
    """Full passes with other stores and limits."""

    __test__ = False

    stores: VerificationStores
    limits: PassLimits

    def having(self, **changes: Any) -> TestedPass:
        """Return the same with other stores."""
        return replace(self, stores=replace(self.stores, **changes))

    async def run(self, *, is_deep: bool = False, restart: bool = False) -> Run:
        """Make one pass."""
        return await run_full_pass(
            self.stores, is_deep=is_deep, limits=self.limits, restart=restart
        )


@asynccontextmanager
async def open_verified_notes(
    database: Database, dynamo: DynamoEngine, s3: S3Engine, **overrides: Any
) -> AsyncIterator[VerifiedNotes]:
    """Create the table of notes, capture it, open everything."""
    settings = settings_of(database, dynamo, s3, **overrides)
    client = boto_client(dynamo)
    create_table_with_index(client, settings.dynamodb_table_name)
    async with await psycopg.AsyncConnection.connect(database.dsn) as connection:
        await connection.execute(CREATE_NOTES.encode())
    await install(database.dsn, [NOTES])
    events: list[Event] = []
    async with (
        open_migration(settings, APPLICATION, events.append) as migration,
        open_verifier(settings, [NOTES], events.append) as verifier,
    ):
        yield VerifiedNotes(
            database, settings, migration, verifier, client, boto_client(s3), events
        )
