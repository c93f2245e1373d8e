"""A state machine of the protocol, and the stores that it changes.

It drives the relay's own delivery against PostgreSQL and DynamoDB: states are read, kept for
any time, delivered in any order and any number of times, and acknowledged late or never.
After a drain every row has its item and nothing else is left.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from crossfade.mapping.application import Application
from crossfade.mapping.declaration.mapping import Column, Mapping, Shape
from crossfade.mapping.state import AckReport, Key, Outcome, State, StoredObject
from crossfade.postgres import install
from crossfade.relay import delivery
from crossfade.runtime.migration import open_migration
from crossfade.settings import Settings
from support.engines.clients import boto_client
from support.engines.product import create_table_with_index, settings_of
from support.engines.values import Database, DynamoEngine, S3Engine

T = TypeVar("T")
N = TypeVar("N", bound="Notes")

NOTE = Mapping(
    name="note",
    table="public.notes",
    primary_key=("id",),
    columns=(
        Column("id", "text", required=True),
        Column("owner", "text", required=True),
        Column("content", "text", required=True),
    ),
    shapes=(
        Shape(
            "note",
            {
                "record": {
                    "pk": {"field": "pk", "template": "OWNER#${owner}", "casing": "none"},
                    "sk": {"field": "sk", "template": "NOTE#${id}", "casing": "none"},
                }
            },
        ),
    ),
    service="notes",
)
IDS = st.sampled_from(["a", "b"])
OWNERS = st.sampled_from(["x", "y"])


@dataclass(frozen=True)
class Known:
    """A source that answers with states that were read before."""

    states: Sequence[State]

    async def fetch(self, keys: Sequence[Key]) -> Sequence[State]:
        del keys
        return self.states

    async def body(self, key: Key, column: str) -> str | None:
        del key, column
        return None


class Withheld:
    """A feed that keeps acknowledgements for later."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    async def due(self, keys_max: int) -> Sequence[Key]:
        del keys_max
        return ()

    async def dirty_keys_of(self, rows: Sequence[Any]) -> Sequence[Key]:
        del rows
        return ()

    async def ack(self, outcomes: Sequence[Outcome]) -> AckReport:
        self.outcomes += outcomes
        return AckReport()

    async def remember(self, objects: Sequence[StoredObject]) -> None:
        del objects


class Notes:
    """One database and one table for all runs; each run begins with both empty."""

    def __init__(self, database: Database, table: Any, options: Settings) -> None:
        self.runner = asyncio.Runner()
        self.dsn = database.dsn
        self.table = table
        self.options = options
        self._stack = AsyncExitStack()

    def run(self, job: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(job)

    async def open(self) -> None:
        self._application = await self._stack.enter_async_context(
            await psycopg.AsyncConnection.connect(self.dsn, autocommit=True)
        )
        await self.sql(
            "CREATE TABLE notes (id text PRIMARY KEY, owner text NOT NULL, content text NOT NULL)"
        )
        await install(self.dsn, [NOTE])
        self.migration = await self._stack.enter_async_context(
            open_migration(self.options, Application((NOTE,)), lambda _: None)
        )

    async def close(self) -> None:
        await self._stack.aclose()

    async def sql(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a statement as the application does, in a transaction of one statement."""
        cursor = await self._application.execute(statement.encode(), parameters or None)
        return await cursor.fetchall() if cursor.description else []

    def items(self) -> dict[tuple[str, str], dict[str, Any]]:
        answer = self.table.scan(TableName=self.options.dynamodb_table_name, ConsistentRead=True)
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in answer["Items"]}


class Machine(RuleBasedStateMachine):
    """The protocol under every order of steps."""

    notes: Notes

    def __init__(self) -> None:
        super().__init__()
        self.states: list[State] = []
        self.withheld = Withheld()
        self.run = self.notes.run
        self.salt = uuid.uuid4().hex[:8]

    @rule(note=IDS, owner=OWNERS, content=st.sampled_from("pqrs"))
    def write(self, note: str, owner: str, content: str) -> None:
        self.run(
            self.notes.sql(
                "INSERT INTO notes VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE "
                "SET owner = excluded.owner, content = excluded.content",
                f"{note}-{self.salt}",
                owner,
                content,
            )
        )

    @rule(note=IDS)
    def delete(self, note: str) -> None:
        self.run(self.notes.sql("DELETE FROM notes WHERE id = %s", f"{note}-{self.salt}"))

    @rule()
    def read(self) -> None:
        """Read the dirty keys, and keep what was read."""
        route = self.notes.migration.route
        keys = self.run(route.feed.due(10))
        self.states += self.run(route.source.fetch(keys))

    @rule(number=st.integers(0, 99))
    def deliver(self, number: int) -> None:
        """Deliver a state read before, however old; it is kept and may be delivered again."""
        if not self.states:
            return
        state = self.states[number % len(self.states)]
        route = replace(self.notes.migration.route, source=Known([state]), feed=self.withheld)
        self.run(delivery.deliver(route, [state.key]))

    @rule(number=st.integers(0, 99), again=st.booleans())
    def acknowledge(self, number: int, *, again: bool) -> None:
        """Acknowledge a delivery, however late; perhaps once more later."""
        outcomes = self.withheld.outcomes
        if not outcomes:
            return
        outcome = outcomes[number % len(outcomes)]
        if not again:
            outcomes.remove(outcome)
        self.run(self.notes.migration.route.feed.ack([outcome]))

    @rule()
    def step(self) -> None:
        self.run(self.notes.migration.relay_step())

    def teardown(self) -> None:
        """Drain, then compare."""
        while self.run(self.notes.sql("SELECT entity FROM crossfade.ledger WHERE version > acked")):
            self.run(self.notes.migration.relay_step())
        rows = self.run(self.notes.sql("SELECT owner, id, content FROM notes"))
        items = self.notes.items()
        live = {key: item for key, item in items.items() if "cf_deleted" not in item}
        found = {key: item["content"]["S"] for key, item in live.items()}
        assert found == {(f"OWNER#{owner}", f"NOTE#{one}"): text for owner, one, text in rows}
        self.run(self.notes.sql("DELETE FROM notes"))
        while self.run(self.notes.migration.relay_step()):
            pass


@contextmanager
def open_notes(
    kind: type[N], database: Database, dynamo: DynamoEngine, bucket: S3Engine
) -> Iterator[N]:
    """Create the table of notes and the table of items, and open the migration between them."""
    table = boto_client(dynamo)
    create_table_with_index(table, bucket.bucket)
    notes = kind(database, table, settings_of(database, dynamo, bucket))
    notes.run(notes.open())
    yield notes
    notes.run(notes.close())
    notes.runner.close()


def play(machine: type[Machine], notes: Notes, *, runs_max: int, steps_max: int) -> None:
    """Run a machine on notes: so many runs of so many steps."""
    run_state_machine_as_test(
        type("Here", (machine,), {"notes": notes}),
        settings=settings(
            max_examples=runs_max,
            stateful_step_count=steps_max,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
