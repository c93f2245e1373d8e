"""The backfill's windows: their plan, leases and progress."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, LiteralString
from uuid import uuid4

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.backfill.windows import Page, PrimaryKey, Progress, Tally, Window, windows_between
from crossfade.errors import ConfigurationError, NoSuchStore
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.state import Key
from crossfade.postgres.backfill.pages import Pages
from crossfade.postgres.backfill.statements import sample_share_statement, sample_statement
from crossfade.postgres.ledger.mark import mark_keys
from crossfade.postgres.mapped_sql import fingerprint
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner
from crossfade.postgres.table_shape import missing_table, reading


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How a table is divided into windows, and how long they are leased.

    Attributes:
        window_rows: the approximate number of rows of a window.
        windows_max: the highest number of windows of a table.
        sample_pages_max: the highest number of pages of a table that are read as a sample.
        lease_seconds: how long a lease lasts unless its process renews it.
        answer_seconds: the time limit of one call.
    """

    window_rows: int = 10_000
    windows_max: int = 1000
    sample_pages_max: int = 2000
    lease_seconds: float = 30.0
    answer_seconds: float = 300.0


class PostgresWindows:
    """One process's view of the backfill of some entities. Every call is one transaction.

    Args:
        pool: from `open_pool`.
        mappings: the entities.
        options: windows and leases.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        mappings: Sequence[Mapping],
        options: WindowOptions | None = None,
    ) -> None:
        self._mappings = {mapping.name: mapping for mapping in mappings}
        self._options = options or WindowOptions()
        self._runner = StatementRunner(pool, self._options.answer_seconds)
        self._pages = {mapping.name: Pages(mapping) for mapping in mappings}
        self._leases: dict[int, str] = {}
        self._worker = f"{platform.node()}:{os.getpid()}"

    @property
    def lease_seconds(self) -> float:
        """How long a lease lasts unless this process renews it."""
        return self._options.lease_seconds

    async def check(self, without: Collection[str] = ()) -> None:
        """Check that every write to the tables is captured, and was since the plan.

        Args:
            without: entities that are not checked.

        Raises:
            ConfigurationError: an entity is not installed as it is declared, a trigger is missing,
                or was missing for a time since the backfill was planned.
            SchemaChanged: a table no longer exists.
            Unavailable: the source cannot answer.
        """
        try:
            rows = await self._execute("windows_status")
        except NoSuchStore:
            rows = []
        installed = {row[0]: row[1:] for row in rows}
        checked = {name: one for name, one in self._mappings.items() if name not in without}
        for name, mapping in checked.items():
            if name in installed and installed[name][-1] == "t":
                raise missing_table(mapping)
        problems = [
            problem
            for name, mapping in checked.items()
            if (problem := _problem(mapping, installed.get(name)))
        ]
        if problems:
            raise ConfigurationError("\n".join(problems))

    async def forget(self) -> None:
        """Delete the plan and its progress.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._execute("windows_delete")

    async def plan(self, without: Collection[str] = ()) -> None:
        """Divide each table into windows, unless it is planned already.

        Args:
            without: entities that are not planned.

        Raises:
            SchemaChanged: a table no longer has the columns of its primary key.
            Unavailable: the source cannot answer.
        """
        planned = {progress.entity for progress in await self.progress()}
        for name in self._mappings.keys() - planned - set(without):
            cuts, rows_estimated = await self.sample(name)
            await self._execute(
                "windows_plan",
                entity=name,
                rows_estimated=rows_estimated,
                windows=_json(
                    {
                        "number": window.number,
                        "last_key": window.last,
                        "through_key": window.through,
                    }
                    for window in windows_between(name, cuts)
                ),
            )

    async def sample(self, entity: str) -> tuple[list[PrimaryKey], int]:
        """Return keys that divide a table into windows, and an estimate of its number of rows.

        Raises:
            SchemaChanged: the table no longer has the columns of its primary key.
            Unavailable: the source cannot answer.
        """
        mapping = self._mappings[entity]
        async with self._runner.session() as connection, reading(connection, mapping):
            cursor = await connection.execute(
                sample_share_statement(mapping), {"pages_max": self._options.sample_pages_max}
            )
            ((percent,),) = await cursor.fetchall()
            cursor = await connection.execute(
                sample_statement(mapping),
                {
                    "percent": percent,
                    "windows_max": self._options.windows_max,
                    "rows_max": self._options.window_rows,
                },
            )
            rows = await cursor.fetchall()
        cuts = [tuple(orjson.loads(key)) for key, _ in rows if key is not None]
        return cuts, int(rows[0][1])

    async def claim(self, without: Collection[str] = (), worker: int = 0) -> Window | None:
        """Lease a window that no process holds; None if there is none now.

        Args:
            without: entities of which no window is leased.
            worker: the worker of this process that copies it, one window at a time. If the reply to
                an earlier claim was lost, the same window is returned again.

        Raises:
            ConfigurationError: as `check`.
            SchemaChanged: as `check`.
            Unavailable: the source cannot answer.
        """
        await self.check(without)
        rows = await self._execute(
            "windows_claim",
            without=without,
            lease=self._leases.setdefault(worker, str(uuid4())),
            worker=self._worker,
            lease_seconds=self._options.lease_seconds,
        )
        if not rows:
            return None
        ((entity, number, last, through),) = rows
        return Window(entity, int(number), _key(last), _key(through), worker)

    async def is_done(self, without: Collection[str] = ()) -> bool:
        """Return whether every window is done, by any process, except those of some entities.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._execute("windows_unfinished", without=without) == [("0",)]

    async def page(self, window: Window, rows_max: int) -> Page:
        """Return the rows that follow `window.last`, from one snapshot.

        Raises:
            SchemaChanged: the table has changed since it was installed.
            Unavailable: the source cannot answer.
        """
        async with self._runner.session() as connection:
            return await self._pages[window.entity].page(connection, window, rows_max)

    async def advance(self, window: Window, page: Page, tally: Tally) -> bool:
        """Record that a page has been processed; False if another process holds the window now.

        Raises:
            Unavailable: the source cannot answer; the page may be recorded or not.
        """
        return bool(
            await self._execute(
                "windows_advance",
                entity=window.entity,
                number=window.number,
                last_key=list(page.last) if page.last else None,
                is_done=page.is_end,
                lease=self._leases[window.worker],
                lease_seconds=self._options.lease_seconds,
                **{one.name: getattr(tally, one.name) for one in fields(Tally)},
            )
        )

    async def renew(self) -> None:
        """Renew this process's leases.

        Raises:
            Unavailable: the source cannot answer.
        """
        leases = list(self._leases.values())
        await self._execute(
            "windows_renew", leases=leases, lease_seconds=self._options.lease_seconds
        )

    async def release(self) -> None:
        """Release this process's windows.

        Raises:
            Unavailable: the source cannot answer; the leases expire.
        """
        await self._execute("windows_release", leases=list(self._leases.values()))

    async def behind(self, found: Sequence[tuple[Key, int]]) -> list[tuple[Key, int]]:
        """Return the keys whose items have a higher version than the ledger.

        Args:
            found: keys, each with its item's version; the result has the same form.

        Raises:
            Unavailable: the source cannot answer.
        """
        keys = _json(
            {"entity": key.entity, "key": key.parts, "item_version": version}
            for key, version in found
        )
        return [
            (Key(entity, tuple(orjson.loads(parts))), int(version))
            for entity, parts, version in await self._execute("windows_behind", keys=keys)
        ]

    async def mark(self, keys: Sequence[tuple[Key, int]]) -> Sequence[Key]:
        """Mark keys for the relay, as `mark_keys` does; return those that a writer has locked.

        Raises:
            Unavailable: the source cannot answer; some of the keys may be marked.
        """
        return await mark_keys(self._runner.pool, keys, self._options.answer_seconds)

    async def progress(self) -> list[Progress]:
        """Return the progress of each entity that is planned.

        Raises:
            Unavailable: the source cannot answer.
        """
        rows = await self._execute("windows_progress")
        return [_progress(row[0], tuple(map(int, row[1:]))) for row in rows]

    async def _execute(
        self, name: LiteralString, without: Collection[str] = (), **parameters: Any
    ) -> list[tuple[str, ...]]:
        entities = sorted(self._mappings.keys() - set(without))
        return await self._runner.rows(query(name), {"entities": entities, **parameters})


def _problem(mapping: Mapping, status: Sequence[str | None] | None) -> str | None:
    """Return why rows of a mapping must not be copied, None if they may be.

    Args:
        mapping: the mapping.
        status: the columns of `windows_status` after the name.
    """
    if status is None or status[1] is None:
        return f"mapping {mapping.name}: not installed; run `crossfade install` first"
    installed, activated, uncaptured, planned, planned_at, _ = status
    if installed != fingerprint(mapping):
        return (
            f"mapping {mapping.name}: installed under another declaration; "
            "run `crossfade install` first"
        )
    if tables := orjson.loads(uncaptured or "[]"):
        return (
            f"mapping {mapping.name}: a trigger is missing or disabled on {', '.join(tables)}; "
            "run `crossfade install`, then `crossfade backfill --restart`"
        )
    if planned is not None and (planned, planned_at) != (installed, activated):
        return (
            f"mapping {mapping.name}: installed again since its backfill began, so that writes may "
            "have been missed; run `crossfade backfill --restart`"
        )
    return None


def _progress(entity: str, counts: Sequence[int]) -> Progress:
    estimated, windows, done, leased, *tally = counts
    return Progress(entity, estimated, windows, done, leased, Tally(*tally))


def _key(text: str | None) -> PrimaryKey | None:
    return None if text is None else tuple(orjson.loads(text))


def _json(records: Any) -> str:
    return orjson.dumps(list(records)).decode()
