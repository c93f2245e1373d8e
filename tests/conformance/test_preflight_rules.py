"""What a table has that its items will not, on every server."""

from __future__ import annotations

import psycopg
import pytest

from crossfade.postgres import PostgresCensus, Rules, open_pool
from support.engines.values import Database
from support.postgres_tables import CREATE_NOTES, NOTES


async def rules_of(database: Database, *statements: str) -> Rules:
    """The rules of the notes after these statements."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(CREATE_NOTES)
        for statement in statements:
            connection.execute(statement.encode())
    async with open_pool(database.dsn) as pool:
        return await PostgresCensus(pool, [NOTES]).rules(NOTES)


async def test_a_plain_table_has_nothing_to_lose(every_database: Database) -> None:
    assert await rules_of(every_database) == Rules((), (), ())


async def test_rules_that_the_target_does_not_enforce_are_listed(every_database: Database) -> None:
    rules = await rules_of(
        every_database,
        "ALTER TABLE notes ADD CONSTRAINT titled CHECK (title <> '')",
        "ALTER TABLE notes ADD CONSTRAINT named UNIQUE (owner, title)",
        "CREATE UNIQUE INDEX spelled ON notes (lower(title))",
        "CREATE INDEX plain ON notes (title)",
    )
    assert [rule.partition(":")[0] for rule in rules.vanishing] == ["named", "spelled", "titled"]


async def test_orphans_of_a_key_that_was_never_validated_are_counted(
    every_database: Database,
) -> None:
    rules = await rules_of(
        every_database,
        'CREATE TABLE "Fol%ders" ("na%me" text, owner text, PRIMARY KEY ("na%me", owner))',
        """INSERT INTO "Fol%ders" VALUES ('f', 'o')""",
        "INSERT INTO notes (id, owner, folder) VALUES ('a', 'o', 'f'), ('b', 'x', 'f'), "
        "('c', 'x', NULL)",
        "ALTER TABLE notes ADD CONSTRAINT filed FOREIGN KEY (folder, owner) "
        'REFERENCES "Fol%ders" NOT VALID',
    )
    assert rules.orphans == (("filed", 1),)


async def test_equal_values_of_several_spellings_are_counted(every_database: Database) -> None:
    try:
        rules = await rules_of(
            every_database,
            "CREATE COLLATION loose "
            "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
            "ALTER TABLE notes ALTER COLUMN owner TYPE text COLLATE loose",
            "ALTER TABLE notes ALTER COLUMN title TYPE text COLLATE loose",
            "INSERT INTO notes (id, owner, title) VALUES ('a', 'Ada', 'T'), ('b', 'ADA', 't'), "
            "('c', 'bob', '')",
        )
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this server knows no ICU collations")
    assert rules.spellings == (("owner", 1),)
