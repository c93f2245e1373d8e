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
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.queries import query


class PostgresRuns:
    """Keeps what runs did and how they ended.

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
        """Open a run.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {
            "kind": kind,
            "entities": list(entities),
            "is_deep": is_deep,
            "progress": None if progress is None else progress.to_json(),
        }
        return (await self._runs("run_start", asked))[0]

    async def unfinished(
        self, kind: str, entities: Sequence[str], *, is_deep: bool
    ) -> Unfinished | None:
        """Return the newest run of this kind and these entities if it did not come to its end.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {"kind": kind, "entities": list(entities), "is_deep": is_deep}
        rows = await self._runner.rows(query("run_unfinished"), asked)
        if not rows:
            return None
        ((text, seconds),) = rows
        told = orjson.loads(text)
        return Unfinished(_run(told), read_progress(told["progress"]), float(seconds))

    async def advance(self, run: int, tally: Tally, progress: Progress | None = None) -> Run:
        """Record how far a run has come; it is running then.

        Raises:
            Unavailable: the source cannot answer.
        """
        told = None if progress is None else progress.to_json()
        state = RunState.RUNNING.value
        return await self._advance(
            run, tally, {"state": state, "root_digest": None, "progress": told, "entities": None}
        )

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
        """Close a run; one that failed may go on from its progress.

        Args:
            run: its number.
            tally: what it has counted.
            state: how it ends.
            root_digest: of what it has read.
            progress: where it stands.
            entities: those that it has covered, when these are not all.

        Raises:
            Unavailable: the source cannot answer.
        """
        told = {
            "state": state.value,
            "root_digest": root_digest,
            "progress": None if progress is None else progress.to_json(),
            "entities": None if entities is None else list(entities),
        }
        return await self._advance(run, tally, told)

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

    async def _advance(self, run: int, tally: Tally, told: Mapping[str, object]) -> Run:
        return (await self._runs("run_advance", {"id": run, **told, **asdict(tally)}))[0]

    async def _runs(self, name: LiteralString, asked: Mapping[str, Any]) -> list[Run]:
        rows = await self._runner.rows(query(name), asked)
        return [_run(orjson.loads(text)) for (text,) in rows]


class PostgresCoverage:
    """Keeps which parts of each entity's keys were compared, and when.

    Args:
        pool: from `open_pool`.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._runner = StatementRunner(pool)

    async def record(self, run: int, entity: str, parts: Sequence[Part]) -> None:
        """Note that a run compared every part of an entity's keys, the first part first.

        Raises:
            Unavailable: the source cannot answer.
        """
        told = orjson.dumps([asdict(part) for part in parts]).decode()
        asked = {"run": run, "entity": entity, "parts": told}
        await self._runner.count(query("coverage_record"), asked)


def _run(told: Mapping[str, Any]) -> Run:
    finished_at = told["finished_at"]
    return Run(
        id=told["id"],
        kind=told["kind"],
        entities=tuple(told["entities"]),
        is_deep=told["is_deep"],
        state=RunState(told["state"]),
        started_at=datetime.fromisoformat(told["started_at"]),
        seen_at=datetime.fromisoformat(told["seen_at"]),
        finished_at=None if finished_at is None else datetime.fromisoformat(finished_at),
        tally=Tally(**{field.name: told[field.name] for field in fields(Tally)}),
        root_digest=told["root_digest"],
        left_out=left_out_of(told["progress"]),
    )
