"""The backfill's windows: planned, leased, and advanced."""

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
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.ledger.mark import mark_keys
from crossfade.postgres.mapped_sql import fingerprint
from crossfade.postgres.queries import query
from crossfade.postgres.table_shape import gone, reading


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How a table is cut, and how long a process may be silent.

    Attributes:
        window_rows: rows that a window is to have, about.
        windows_max: windows of one table.
        sample_pages_max: pages of a table that are read to find where to cut it.
        lease_seconds: a window whose process has been silent for so long is free.
        answer_seconds: how long one call may take.
    """

    window_rows: int = 10_000
    windows_max: int = 1000
    sample_pages_max: int = 2000
    lease_seconds: float = 30.0
    answer_seconds: float = 300.0


class PostgresWindows:
    """One process's part in the backfill of some entities. Every call is one transaction.

    Args:
        pool: from `open_pool`.
        mappings: the entities.
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
        """How long this process may be silent before it loses its windows."""
        return self._options.lease_seconds

    async def check(self, without: Collection[str] = ()) -> None:
        """Make sure that every write to the tables is captured, and was since the plan.

        Args:
            without: entities that are not looked at.

        Raises:
            ConfigurationError: an entity is not installed as it is declared, a trigger is missing,
                or was missing for a while since the backfill was planned.
            SchemaChanged: a table does not exist any more.
            Unavailable: the source cannot answer.
        """
        try:
            lines = await self._execute("windows_status")
        except NoSuchStore:
            lines = []
        standing = {line[0]: line[1:] for line in lines}
        left = {name: one for name, one in self._mappings.items() if name not in without}
        for name, mapping in left.items():
            if name in standing and standing[name][-1] == "t":
                raise gone(mapping)
        problems = [
            problem
            for name, mapping in left.items()
            if (problem := _problem(mapping, standing.get(name)))
        ]
        if problems:
            raise ConfigurationError("\n".join(problems))

    async def forget(self) -> None:
        """Forget the plan and how far it has come.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self._execute("windows_forget")

    async def plan(self, without: Collection[str] = ()) -> None:
        """Cut each table into windows, unless it is planned already.

        Args:
            without: entities that are not planned.

        Raises:
            SchemaChanged: a table has not the columns of its primary key any more.
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
        """Return keys that cut a table into windows, and an estimate of its rows.

        Raises:
            SchemaChanged: the table has not the columns of its primary key any more.
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
            lines = await cursor.fetchall()
        cuts = [tuple(orjson.loads(key)) for key, _ in lines if key is not None]
        return cuts, int(lines[0][1])

    async def claim(self, without: Collection[str] = (), worker: int = 0) -> Window | None:
        """Take a window that nobody works on; None when there is none at this moment.

        Args:
            without: entities whose windows are left to others.
            worker: who takes it, of this process. It holds no other: one that it took before, when
                the answer was lost, is its own again.

        Raises:
            ConfigurationError: as `check`.
            SchemaChanged: as `check`.
            Unavailable: the source cannot answer.
        """
        await self.check(without)
        lines = await self._execute(
            "windows_claim",
            without=without,
            lease=self._leases.setdefault(worker, str(uuid4())),
            worker=self._worker,
            lease_seconds=self._options.lease_seconds,
        )
        if not lines:
            return None
        ((entity, number, last, through),) = lines
        return Window(entity, int(number), _key(last), _key(through), worker)

    async def is_done(self, without: Collection[str] = ()) -> bool:
        """Whether every window is done, by whomever; but those of some entities.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._execute("windows_left", without=without) == [("0",)]

    async def page(self, window: Window, rows_max: int) -> Page:
        """Return the rows that follow `window.last`, from one snapshot.

        Raises:
            SchemaChanged: the table is not as it was installed.
            Unavailable: the source cannot answer.
        """
        async with self._runner.session() as connection:
            return await self._pages[window.entity].page(connection, window, rows_max)

    async def advance(self, window: Window, page: Page, tally: Tally) -> bool:
        """Record that a page is dealt with; False when another process holds the window now.

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
        """Say that this process lives.

        Raises:
            Unavailable: the source cannot answer.
        """
        leases = list(self._leases.values())
        await self._execute(
            "windows_renew", leases=leases, lease_seconds=self._options.lease_seconds
        )

    async def release(self) -> None:
        """Give this process's windows to whoever comes next.

        Raises:
            Unavailable: the source cannot answer; the leases expire.
        """
        await self._execute("windows_release", leases=list(self._leases.values()))

    async def behind(self, found: Sequence[tuple[Key, int]]) -> list[tuple[Key, int]]:
        """Return the keys whose items have a higher version than the ledger knows, with it.

        Raises:
            Unavailable: the source cannot answer.
        """
        keys = _json(
            {"entity": key.entity, "key": key.parts, "found": version} for key, version in found
        )
        return [
            (Key(entity, tuple(orjson.loads(parts))), int(version))
            for entity, parts, version in await self._execute("windows_behind", keys=keys)
        ]

    async def mark(self, keys: Sequence[tuple[Key, int]]) -> Sequence[Key]:
        """Leave keys to the relay, as `mark_keys` does; returns those that a writer holds.

        Raises:
            Unavailable: the source cannot answer; some of the keys may be marked.
        """
        return await mark_keys(self._runner.pool, keys, self._options.answer_seconds)

    async def progress(self) -> list[Progress]:
        """Return how far each entity has come; none for an entity that is not planned.

        Raises:
            Unavailable: the source cannot answer.
        """
        lines = await self._execute("windows_progress")
        return [_progress(line[0], tuple(map(int, line[1:]))) for line in lines]

    async def _execute(
        self, name: LiteralString, without: Collection[str] = (), **parameters: Any
    ) -> list[tuple[str, ...]]:
        asked = {"entities": sorted(self._mappings.keys() - set(without)), **parameters}
        return await self._runner.rows(query(name), asked)


def _problem(mapping: Mapping, standing: Sequence[str | None] | None) -> str | None:
    """Say why rows of a mapping must not be copied, None when they may."""
    if standing is None or standing[1] is None:
        return f"mapping {mapping.name}: not installed; run `crossfade install` first"
    installed, activated, uncaptured, planned, planned_at, _ = standing
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
            f"mapping {mapping.name}: installed anew since its backfill began, so that writes may "
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
