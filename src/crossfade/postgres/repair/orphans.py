"""Objects that nothing names: what rows say about them, and since when a sweep has known them."""

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
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.mapped_sql import (
    SOURCE,
    body_digest,
    identifier,
    is_same_row,
    key_expression,
    table_name,
)
from crossfade.postgres.queries import query


class PostgresOrphans:
    """Satisfies `ports.Orphans`.

    Args:
        pool: from `open_pool`.
        mappings: the declarations.
        answer_seconds: how long one call may take.
    """

    def __init__(
        self, pool: AsyncConnectionPool, mappings: Iterable[Mapping], answer_seconds: float = 30.0
    ) -> None:
        self._runner = StatementRunner(pool, answer_seconds)
        self._looks = {
            body.prefix: (mapping.name, _look(mapping, body))
            for mapping in mappings
            for body in mapping.bodies
        }

    async def look(self, prefix: str, object_keys: Sequence[str]) -> Sequence[ObjectState]:
        """Return what the source says about objects under a prefix, in the order asked.

        Raises:
            Unavailable: the source cannot answer.
        """
        entity, statement = self._looks[prefix]
        asked = [_asked(ordinal, name) for ordinal, name in enumerate(object_keys)]
        rows = await self._runner.rows(statement, {"asked": orjson.dumps(asked).decode()})
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
        """Remember when these were first seen; those known already stay as they are.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._tell("orphans_note", object_keys)

    async def release(self, object_keys: Sequence[str]) -> None:
        """Forget these: something names them, or they are gone for good.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._tell("orphans_release", object_keys)

    async def mark_for_removal(self, object_keys: Sequence[str]) -> None:
        """Record that these are about to be removed.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._tell("orphans_mark_for_removal", object_keys)

    async def removed(self, after: str, objects_max: int) -> Sequence[tuple[str, float]]:
        """Return objects that sweeps removed, in order, and how many seconds ago.

        Raises:
            Unavailable: the source cannot answer.
        """
        chosen = {"after": after, "objects_max": objects_max}
        rows = await self._runner.rows(query("orphans_removed"), chosen)
        return [(name, float(seconds)) for name, seconds in rows]

    async def _tell(self, name: LiteralString, object_keys: Sequence[str]) -> None:
        await self._runner.count(query(name), {"object_keys": list(object_keys)})


def _look(mapping: Mapping, body: Body) -> sql.Composed:
    return query("orphans_states").format(
        entity=sql.Literal(mapping.name),
        table=identifier(*table_name(mapping)),
        digest=body_digest(body.column),
        is_same_row=is_same_row(mapping),
        key=key_expression(mapping, SOURCE),
    )


def _asked(ordinal: int, object_key: str) -> dict[str, Any]:
    parsed = parse_object_key(object_key)
    *head, last = parsed.row_id
    return {
        "ordinal": ordinal,
        "object_key": object_key,
        "key": parsed.row_id,
        "above": [*head, f"{last}\x01"],
        "digest": parsed.digest,
    }


def _keys(text: str | None) -> set[tuple[str | None, ...]]:
    """Read a list of ledger keys, each a JSON text of its own."""
    return {tuple(orjson.loads(parts)) for parts in orjson.loads(text or "[]")}
