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
    """A reader of one mapped table.

    Args:
        mapping: the table.
        with_ledger: whether to read the ledger too: a page then has no rows with a ledger entry,
            and its bodies say whether their objects are stored.
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
        parameters = {
            "last_key": list(window.last or ()),
            "through_key": list(window.through or ()),
            "rows_max": rows_max,
        }
        async with reading(connection, self._mapping):
            found = await (await connection.execute(statement, parameters)).fetchall()
        rows = [self._live(values) for values in found if values[1] == "f"]
        if self._bodies and self._with_ledger:
            rows = await self._with_stored(connection, rows)
        return Page(
            rows=tuple(rows),
            known=len(found) - len(rows),
            last=self._primary_key(orjson.loads(found[-1][0])) if found else None,
            is_end=len(found) < rows_max,
        )

    def _live(self, row: Sequence[str]) -> Live:
        values = row[_FIXED_COLUMNS:]
        return Live(
            key=Key(self._mapping.name, tuple(orjson.loads(row[0]))),
            version=0,
            columns=dict(zip(self._columns, values, strict=False)),
            bodies=self._body_refs(values[len(self._columns) :]) if self._bodies else (),
            read_at=float(row[2]),
        )

    def _body_refs(self, values: Sequence[str | None]) -> tuple[BodyRef, ...]:
        pairs = zip(self._bodies, values[::2], values[1::2], strict=True)
        return tuple(
            BodyRef(body.column, digest, int(size_bytes or 0), stored=False)
            for body, digest, size_bytes in pairs
            if digest is not None
        )

    async def _with_stored(self, connection: PoolConnection, rows: list[Live]) -> list[Live]:
        """Return the rows, each large column with whether the ledger has its object as stored."""
        names = {
            (row.key, ref.column): name
            for row in rows
            for ref in row.bodies
            if (name := self._object_key(row, ref)) is not None
        }
        cursor = await connection.execute(
            query("stored_objects"), {"object_keys": list(names.values())}
        )
        stored = {name for (name,) in await cursor.fetchall()}
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
        """Return an object's name; None if the row cannot have objects, which its put reports."""
        prefix = next(body.prefix for body in self._bodies if body.column == ref.column)
        try:
            return object_key(prefix, self._primary_key(row.key.parts), ref.digest)
        except Unmappable:
            return None

    def _primary_key(self, parts: Sequence[str | None]) -> PrimaryKey:
        return tuple(part or "" for part in parts[: len(self._mapping.primary_key)])
