"""Objects that no item references: the state of their rows, and when a sweep first saw them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

import orjson
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.declaration.columns import Body
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.object_keys import parse_object_key
from crossfade.mapping.state import Key, ObjectState
from crossfade.postgres.ledger.row_keys import key_bounds
from crossfade.postgres.mapped_sql import (
    SOURCE,
    body_digest,
    identifier,
    is_same_row,
    key_expression,
    table_name,
)
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner


class PostgresOrphans:
    """Objects without a reference, as `ports.Orphans`.

    Args:
        pool: from `open_pool`.
        mappings: the mappings with bodies.
        answer_seconds: the time limit of one call.
    """

    def __init__(
        self, pool: AsyncConnectionPool, mappings: Iterable[Mapping], answer_seconds: float = 30.0
    ) -> None:
        self._runner = StatementRunner(pool, answer_seconds)
        self._statements = {
            body.prefix: (mapping.name, _states_statement(mapping, body))
            for mapping in mappings
            for body in mapping.bodies
        }

    async def states(self, prefix: str, object_keys: Sequence[str]) -> Sequence[ObjectState]:
        """Return the state in the source of objects under a prefix, in the order of the keys.

        Raises:
            Unavailable: the source cannot answer.
        """
        entity, statement = self._statements[prefix]
        records = [_record(ordinal, name) for ordinal, name in enumerate(object_keys)]
        rows = await self._runner.rows(statement, {"objects": orjson.dumps(records).decode()})
        return [
            ObjectState(
                object_keys[int(ordinal)],
                None if seconds is None else float(seconds),
                is_needed == "t",
                tuple(
                    Key(entity, parts) for parts in sorted(_keys(known) | _keys(current), key=str)
                ),
            )
            for ordinal, seconds, is_needed, known, current in rows
        ]

    async def note(self, object_keys: Sequence[str]) -> None:
        """Record that objects were seen without a reference; existing records are kept.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._execute("orphans_note", object_keys)

    async def release(self, object_keys: Sequence[str]) -> None:
        """Delete the records of objects that are referenced or removed.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._execute("orphans_release", object_keys)

    async def mark_for_removal(self, object_keys: Sequence[str]) -> None:
        """Record that objects are about to be removed.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._execute("orphans_mark_for_removal", object_keys)

    async def removed(self, after: str, objects_max: int) -> Sequence[tuple[str, float]]:
        """Return objects that sweeps removed, in order, each with the seconds since then.

        Args:
            after: the object key after which the page begins.
            objects_max: the highest number of objects.

        Raises:
            Unavailable: the source cannot answer.
        """
        parameters = {"after": after, "objects_max": objects_max}
        rows = await self._runner.rows(query("orphans_removed"), parameters)
        return [(name, float(seconds)) for name, seconds in rows]

    async def _execute(self, name: LiteralString, object_keys: Sequence[str]) -> None:
        await self._runner.count(query(name), {"object_keys": list(object_keys)})


def _states_statement(mapping: Mapping, body: Body) -> sql.Composed:
    return query("orphans_states").format(
        entity=sql.Literal(mapping.name),
        table=identifier(*table_name(mapping)),
        digest=body_digest(body.column),
        is_same_row=is_same_row(mapping, sql.SQL("given.lowest")),
        key=key_expression(mapping, SOURCE),
    )


def _record(ordinal: int, object_key: str) -> dict[str, Any]:
    parsed = parse_object_key(object_key)
    return {
        "ordinal": ordinal,
        "object_key": object_key,
        "digest": parsed.digest,
        **key_bounds(parsed.row_id),
    }


def _keys(text: str | None) -> set[tuple[str | None, ...]]:
    """Return the ledger keys in a JSON list of JSON texts."""
    return {tuple(orjson.loads(parts)) for parts in orjson.loads(text or "[]")}
