"""Verification runs in the ledger's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, LiteralString

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.parity.checkpoint import Progress, left_out_of, read_progress
from crossfade.parity.model import Part, Run, RunState, Tally
from crossfade.parity.ports import Unfinished
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner


class PostgresRuns:
    """A store of verification runs.

    Args:
        pool: from `open_pool`.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._runner = StatementRunner(pool)

    async def start(
        self,
        kind: str,
        entities: Sequence[str],
        progress: Progress | None = None,
        *,
        is_deep: bool,
    ) -> Run:
        """Record a new run and return it.

        Args:
            kind: its kind, such as ``full``.
            entities: the mappings that it covers.
            progress: its progress at the start.
            is_deep: whether it reads the content of large columns.

        Raises:
            Unavailable: the source cannot answer.
        """
        parameters = {
            "kind": kind,
            "entities": list(entities),
            "is_deep": is_deep,
            "progress": None if progress is None else progress.to_json(),
        }
        return (await self._runs("run_start", parameters))[0]

    async def unfinished(
        self, kind: str, entities: Sequence[str], *, is_deep: bool
    ) -> Unfinished | None:
        """Return the newest run of this kind and these entities if it is unfinished.

        Raises:
            Unavailable: the source cannot answer.
        """
        parameters = {"kind": kind, "entities": list(entities), "is_deep": is_deep}
        rows = await self._runner.rows(query("run_unfinished"), parameters)
        if not rows:
            return None
        ((text, seconds),) = rows
        row = orjson.loads(text)
        return Unfinished(_run(row), read_progress(row["progress"]), float(seconds))

    async def advance(self, run: int, tally: Tally, progress: Progress | None = None) -> Run:
        """Record the progress of a run, which is running from then on; return the run.

        Raises:
            Unavailable: the source cannot answer.
        """
        changes = {
            "state": RunState.RUNNING.value,
            "root_digest": None,
            "progress": None if progress is None else progress.to_json(),
            "entities": None,
        }
        return await self._advance(run, tally, changes)

    async def finish(
        self,
        run: int,
        tally: Tally,
        *,
        state: RunState,
        root_digest: str | None = None,
        progress: Progress | None = None,
        entities: Sequence[str] | None = None,
    ) -> Run:
        """Record the end of a run and return it; a failed run may resume from its progress.

        Args:
            run: its number.
            tally: its counts.
            state: its final state.
            root_digest: the digest of the rows that it has read.
            progress: its progress.
            entities: the mappings that it has covered, if not all.

        Raises:
            Unavailable: the source cannot answer.
        """
        changes = {
            "state": state.value,
            "root_digest": root_digest,
            "progress": None if progress is None else progress.to_json(),
            "entities": None if entities is None else list(entities),
        }
        return await self._advance(run, tally, changes)

    async def newest(self, runs_max: int = 1) -> Sequence[Run]:
        """Return the newest runs, newest first.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._runs("run_find", {"id": None, "runs_max": runs_max})

    async def find(self, run: int) -> Run | None:
        """Return one run.

        Raises:
            Unavailable: the source cannot answer.
        """
        return next(iter(await self._runs("run_find", {"id": run, "runs_max": 1})), None)

    async def _advance(self, run: int, tally: Tally, changes: Mapping[str, object]) -> Run:
        return (await self._runs("run_advance", {"id": run, **changes, **asdict(tally)}))[0]

    async def _runs(self, name: LiteralString, parameters: Mapping[str, Any]) -> list[Run]:
        rows = await self._runner.rows(query(name), parameters)
        return [_run(orjson.loads(text)) for (text,) in rows]


class PostgresCoverage:
    """A store of the parts of each entity's keys that were compared, with the times.

    Args:
        pool: from `open_pool`.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._runner = StatementRunner(pool)

    async def record(self, run: int, entity: str, parts: Sequence[Part]) -> None:
        """Record that a run compared every part of an entity's keys, given in ascending order.

        Raises:
            Unavailable: the source cannot answer.
        """
        records = orjson.dumps([asdict(part) for part in parts]).decode()
        parameters = {"run": run, "entity": entity, "parts": records}
        await self._runner.count(query("coverage_record"), parameters)


def _run(row: Mapping[str, Any]) -> Run:
    finished_at = row["finished_at"]
    return Run(
        id=row["id"],
        kind=row["kind"],
        entities=tuple(row["entities"]),
        is_deep=row["is_deep"],
        state=RunState(row["state"]),
        started_at=datetime.fromisoformat(row["started_at"]),
        seen_at=datetime.fromisoformat(row["seen_at"]),
        finished_at=None if finished_at is None else datetime.fromisoformat(finished_at),
        tally=Tally(**{field.name: row[field.name] for field in fields(Tally)}),
        root_digest=row["root_digest"],
        left_out=left_out_of(row["progress"]),
    )
