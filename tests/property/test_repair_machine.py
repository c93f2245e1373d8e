"""Any order of writes, damage, stale deliveries and repairs ends in equal stores after one repair.

As the protocol's state machine, with a rogue writer beside it that puts any item under any version,
or removes one, and repairs that run at any time on the findings of that time.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from crossfade.mapping.application import Application
from crossfade.mapping.state import Key
from crossfade.repair import repair
from crossfade.runtime.repair import open_repair
from support.engines.values import Database, DynamoEngine, S3Engine
from support.protocol_machine import IDS, NOTE, OWNERS, Machine, Notes, open_notes, play
from support.repairs import repair_page

VERSIONS = st.integers(0, 12)


class Mended(Notes):
    """Notes with repair."""

    async def open(self) -> None:
        await super().open()
        application = Application((NOTE,))
        self.route = await self._stack.enter_async_context(
            open_repair(self.options, application, "a test", lambda _: None)
        )

    async def find_all(self) -> None:
        """Open a finding for every key that any store knows; most of them are none."""
        await self.sql(
            "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run) "
            "SELECT entity, key, 'drift_differs', 'none', 1, 1 FROM ("
            "  SELECT entity, key FROM crossfade.ledger"
            "  UNION SELECT 'note', ARRAY[id, owner] FROM notes) AS known "
            "ON CONFLICT (entity, key) WHERE closed_at IS NULL DO NOTHING"
        )

    async def find(self, key: Key) -> None:
        await self.sql(
            "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run) "
            "VALUES (%s, %s, 'drift_differs', 'none', 1, 1) "
            "ON CONFLICT (entity, key) WHERE closed_at IS NULL DO NOTHING",
            key.entity,
            list(key.parts),
        )

    async def mend(self) -> tuple[repair.Result, ...]:
        return await repair_page(self.route, after=0, findings_max=100)


class Damaged(Machine):
    """The protocol, a rogue writer and repair, in every order of steps."""

    notes: Mended

    @rule(note=IDS, owner=OWNERS, content=st.sampled_from("uvw"), version=VERSIONS)
    def damage(self, note: str, owner: str, content: str, version: int) -> None:
        """Put an item that no row may have; verification finds it."""
        key = Key("note", (f"{note}-{self.salt}", owner))
        codec = self.notes.migration.route.codecs["note"]
        columns = {"id": key.parts[0], "owner": owner, "content": content}
        item = {
            **codec.table_key(key),
            "cf_v": {"N": str(version)},
            "__edb_e__": {"S": "note"},
            **{name: {"S": text} for name, text in columns.items() if text},
        }
        self.notes.table.put_item(TableName=self.notes.options.dynamodb_table_name, Item=item)
        self.run(self.notes.find(key))

    @rule(note=IDS, owner=OWNERS)
    def lose(self, note: str, owner: str) -> None:
        """Remove an item; verification finds it."""
        key = Key("note", (f"{note}-{self.salt}", owner))
        codec = self.notes.migration.route.codecs["note"]
        self.notes.table.delete_item(
            TableName=self.notes.options.dynamodb_table_name, Key=codec.table_key(key)
        )
        self.run(self.notes.find(key))

    @rule()
    def mend(self) -> None:
        self.run(self.notes.mend())

    def teardown(self) -> None:
        """Let one pass find everything and one repair settle it; then compare."""
        self.run(self.notes.find_all())
        assert all(result.is_closed for result in self.run(self.notes.mend()))
        super().teardown()


def test_every_order_of_writes_damage_and_repairs_ends_in_equal_stores(
    database: Database, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> None:
    del credentials
    with open_notes(Mended, database, ministack, bucket) as notes:
        play(Damaged, notes, runs_max=40, steps_max=30)
