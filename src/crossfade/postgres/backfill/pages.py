"""Pages of one mapped table, in the order of its primary key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from crossfade.backfill.windows import Page, PrimaryKey, Window
from crossfade.errors import Unmappable
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.object_keys import object_key
from crossfade.mapping.state import BodyRef, Key, Live
from crossfade.postgres.backfill.statements import page_statement
from crossfade.postgres.mapped_sql import large_columns, plain_columns
from crossfade.postgres.pool import PoolConnection
from crossfade.postgres.queries import query
from crossfade.postgres.table_shape import reading

_FIXED_COLUMNS = 3


class Pages:
    """Reads one mapped table.

    Args:
        mapping: its declaration.
        with_ledger: whether rows that have a ledger entry are left out, and objects that the ledger
            knows to be stored are noted.
    """

    def __init__(self, mapping: Mapping, *, with_ledger: bool = True) -> None:
        self._with_ledger = with_ledger
        self._mapping = mapping
        self._columns = plain_columns(mapping)
        self._bodies = large_columns(mapping)
        self._statements = {
            (has_last, has_through): page_statement(
                mapping, with_ledger=with_ledger, has_last=has_last, has_through=has_through
            ).as_bytes()
            for has_last in (False, True)
            for has_through in (False, True)
        }

    async def page(self, connection: PoolConnection, window: Window, rows_max: int) -> Page:
        """Return the rows that follow `window.last`."""
        statement = self._statements[window.last is not None, window.through is not None]
        asked = {
            "last_key": list(window.last or ()),
            "through_key": list(window.through or ()),
            "rows_max": rows_max,
        }
        async with reading(connection, self._mapping):
            lines = await (await connection.execute(statement, asked)).fetchall()
        rows = [self._live(line) for line in lines if line[1] == "f"]
        if self._bodies and self._with_ledger:
            rows = await self._with_stored(connection, rows)
        return Page(
            rows=tuple(rows),
            known=len(lines) - len(rows),
            last=self._primary_key(orjson.loads(lines[-1][0])) if lines else None,
            is_end=len(lines) < rows_max,
        )

    def _live(self, line: Sequence[str]) -> Live:
        values = line[_FIXED_COLUMNS:]
        return Live(
            key=Key(self._mapping.name, tuple(orjson.loads(line[0]))),
            version=0,
            columns=dict(zip(self._columns, values, strict=False)),
            bodies=self._body_refs(values[len(self._columns) :]) if self._bodies else (),
            read_at=float(line[2]),
        )

    def _body_refs(self, values: Sequence[str | None]) -> tuple[BodyRef, ...]:
        pairs = zip(self._bodies, values[::2], values[1::2], strict=True)
        return tuple(
            BodyRef(body.column, digest, int(size_bytes or 0), stored=False)
            for body, digest, size_bytes in pairs
            if digest is not None
        )

    async def _with_stored(self, connection: PoolConnection, rows: list[Live]) -> list[Live]:
        """Say of each large column whether its object is known to be stored."""
        names = {
            (row.key, ref.column): name
            for row in rows
            for ref in row.bodies
            if (name := self._object_key(row, ref)) is not None
        }
        cursor = await connection.execute(
            query("windows_stored"), {"object_keys": list(names.values())}
        )
        stored = {line[0] for line in await cursor.fetchall()}
        if not stored:
            return rows
        return [
            replace(
                row,
                bodies=tuple(
                    replace(ref, stored=names.get((row.key, ref.column)) in stored)
                    for ref in row.bodies
                ),
            )
            for row in rows
        ]

    def _object_key(self, row: Live, ref: BodyRef) -> str | None:
        """Return an object's name; None when the row cannot have objects, which its put tells."""
        prefix = next(body.prefix for body in self._bodies if body.column == ref.column)
        try:
            return object_key(prefix, self._primary_key(row.key.parts), ref.digest)
        except Unmappable:
            return None

    def _primary_key(self, parts: Sequence[str | None]) -> PrimaryKey:
        return tuple(part or "" for part in parts[: len(self._mapping.primary_key)])
