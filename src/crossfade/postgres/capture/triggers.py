"""The capture triggers and their functions, generated from the mapping. Pure."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.declaration.postgres_types import plain_type
from crossfade.postgres.mapped_sql import SOURCE, identifier, key_expression
from crossfade.postgres.pool import PRINTING
from crossfade.postgres.queries import query

TRUNCATE_TRIGGER = "crossfade_refuse_truncate"
SCHEMA = "crossfade"

# Types that print the same under any settings of the session. So does an enumeration, but its name
# does not distinguish it from a domain over a type that does not.
_PRINTED_ALIKE = frozenset(
    {
        "bigint",
        "boolean",
        "character",
        "character varying",
        "integer",
        "smallint",
        "text",
        "uuid",
    }
)


@dataclass(frozen=True, slots=True)
class Guard:
    """A table of a mapping, or one of its partitions, and the state of its triggers."""

    schema: str
    table: str
    is_root: bool
    is_captured: bool
    refuses_truncate: bool


def function_name(mapping: Mapping) -> str:
    """Return the name of a mapping's capture function."""
    return f"capture_{mapping.name}"


def capture_function(mapping: Mapping) -> sql.Composed:
    """Return the statement that creates or replaces a mapping's capture function.

    The function prints keys under the settings of the pool, not under those of the application's
    session, with which one row would have a key for each `DateStyle` or `TimeZone`.
    """
    entity = sql.Literal(mapping.name)
    old_key = key_expression(mapping, sql.SQL("OLD"))
    new_key = key_expression(mapping, sql.SQL("NEW"))
    return query("capture_function").format(
        function=identifier(SCHEMA, function_name(mapping)),
        settings=sql.SQL(" ").join(
            sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            for name, value in printing_settings(mapping).items()
        ),
        old_key=old_key,
        new_key=new_key,
        mark_old=query("mark").format(entity=entity, key=old_key, row_xmin=sql.SQL("NULL")),
        mark_new=query("mark").format(entity=entity, key=new_key, row_xmin=sql.SQL("NEW.xmin")),
    )


def printing_settings(mapping: Mapping) -> MappingOf[str, str]:
    """Return the settings under which its keys are printed; each adds a little to every write."""
    types = {plain_type(part.type) for part in mapping.key_parts}
    return {} if types <= _PRINTED_ALIKE else PRINTING


def trigger_name(mapping: Mapping) -> str:
    """Return the name of a mapping's capture trigger."""
    return f"{SCHEMA}_{function_name(mapping)}"


def guard_statements(mapping: Mapping, guards: Sequence[Guard]) -> list[sql.Composed]:
    """Return the statements that capture every table of a mapping and refuse TRUNCATE on it.

    A row trigger of a partitioned table is cloned to its partitions, a statement trigger is not.
    """
    statements: list[sql.Composed] = []
    for guard in guards:
        table = identifier(guard.schema, guard.table)
        if not guard.is_captured:
            if guard.is_root:
                statements.append(
                    query("create_capture_trigger").format(
                        trigger=identifier(trigger_name(mapping)),
                        table=table,
                        function=identifier(SCHEMA, function_name(mapping)),
                    )
                )
            statements.append(_fire_always(table, trigger_name(mapping)))
        if not guard.refuses_truncate:
            statements.append(
                query("create_truncate_trigger").format(
                    trigger=identifier(TRUNCATE_TRIGGER), table=table
                )
            )
            statements.append(_fire_always(table, TRUNCATE_TRIGGER))
    return statements


def key_form(mapping: Mapping) -> str:
    """Return the expression of the ledger key, as text; one ledger has keys of one form only."""
    return key_expression(mapping, SOURCE).as_string()


def _fire_always(table: sql.Identifier, trigger: str) -> sql.Composed:
    return query("fire_always").format(table=table, trigger=identifier(trigger))
