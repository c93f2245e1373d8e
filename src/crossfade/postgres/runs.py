"""Verification runs in the ledger's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, LiteralString

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.parity import Run, RunState, Tally
from crossfade.postgres.connect import session
from crossfade.postgres.queries import query


class PostgresRuns:
    """Keeps what runs did and how they ended.

    Args:
        pool: from `open_pool`.
        answer_seconds: how long one call may take.
    """

    def __init__(self, pool: AsyncConnectionPool, answer_seconds: float = 10.0) -> None:
        self._pool = pool
        self._answer_seconds = answer_seconds

    async def start(self, kind: str, entities: Sequence[str], *, is_deep: bool) -> Run:
        """Open a run.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {"kind": kind, "entities": list(entities), "is_deep": is_deep}
        return (await self._execute("run_start", asked))[0]

    async def advance(self, run: int, tally: Tally) -> Run:
        """Record how far a run has come.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._advance(run, tally, None, None)

    async def finish(
        self, run: int, tally: Tally, *, state: RunState, root_digest: str | None = None
    ) -> Run:
        """Close a run.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._advance(run, tally, state.value, root_digest)

    async def newest(self, runs_max: int = 1) -> Sequence[Run]:
        """Return the newest runs, newest first.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._execute("run_find", {"id": None, "runs_max": runs_max})

    async def find(self, run: int) -> Run | None:
        """Return one run.

        Raises:
            Unavailable: the source cannot answer.
        """
        return next(iter(await self._execute("run_find", {"id": run, "runs_max": 1})), None)

    async def _advance(
        self, run: int, tally: Tally, state: str | None, root_digest: str | None
    ) -> Run:
        told = {"id": run, "state": state, "root_digest": root_digest, "progress": None}
        return (await self._execute("run_advance", told | asdict(tally)))[0]

    async def _execute(self, name: LiteralString, asked: Mapping[str, Any]) -> list[Run]:
        async with session(self._pool, self._answer_seconds) as connection:
            cursor = await connection.execute(query(name), asked)
            return [_run(orjson.loads(row[0])) async for row in cursor]


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
    )
