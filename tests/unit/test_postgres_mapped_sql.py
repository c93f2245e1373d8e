"""SQL from a mapping."""

from __future__ import annotations

from dataclasses import replace

import pytest
from psycopg import sql

from crossfade.errors import ConfigurationError
from crossfade.mapping.declaration.mapping import Column
from crossfade.postgres.capture.triggers import capture_function, printing_settings
from crossfade.postgres.mapped_sql import (
    fetch_statement,
    fingerprint,
    key_expression,
    large_columns,
    plain_columns,
)
from crossfade.postgres.pool import PRINTING
from crossfade.postgres.queries import migrations
from support.postgres_tables import NOTES, shape


def test_the_key_expression_follows_the_decision_table_of_its_parts() -> None:
    text = key_expression(NOTES, sql.SQL("NEW")).as_string()
    assert " ".join(text.split()) == (
        '(ARRAY[CASE WHEN NEW."id" IS NOT NULL THEN concat(NEW."id") END, '
        'CASE WHEN NEW."folder" IS NOT NULL '
        'THEN CASE WHEN NEW."folder" IS NOT NULL THEN concat(NEW."folder") END ELSE NULL END, '
        'CASE WHEN NEW."folder" IS NOT NULL THEN NULL '
        'ELSE CASE WHEN NEW."owner" IS NOT NULL THEN concat(NEW."owner") END END]::text[] '
        'COLLATE "C")'
    )


def test_settings_are_pinned_only_where_keys_depend_on_them() -> None:
    assert printing_settings(NOTES) == {}
    assert "TimeZone" not in capture_function(NOTES).as_string()
    dated = replace(
        NOTES,
        columns=(*NOTES.columns, Column("day", "date", required=True)),
        shapes=(shape("Note", "DAY#${day}", "NOTE#${id}"),),
    )
    assert printing_settings(dated) == PRINTING
    assert "\"TimeZone\" = 'UTC'" in capture_function(dated).as_string()


def test_a_column_that_moves_on_overflow_only_is_read_with_the_row() -> None:
    assert [body.column for body in large_columns(NOTES)] == ["content"]
    assert plain_columns(NOTES) == ("id", "owner", "folder", "title", "draft")


@pytest.mark.parametrize("name", ["integer; DROP TABLE x", "text--", "te'xt", "", "%s"])
def test_what_is_no_type_is_refused(name: str) -> None:
    id_column = replace(NOTES.columns[0], type=name)
    mapping = replace(NOTES, columns=(id_column, *NOTES.columns[1:]))
    with pytest.raises(ConfigurationError, match="format_type"):
        fetch_statement(mapping)


def test_different_declarations_have_different_fingerprints() -> None:
    assert fingerprint(NOTES) == fingerprint(replace(NOTES))
    assert fingerprint(NOTES) != fingerprint(replace(NOTES, version=2))
    assert fingerprint(NOTES) != fingerprint(replace(NOTES, ignored=()))


def test_every_migration_has_a_unique_number() -> None:
    numbers = [number for number, _ in migrations()]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
