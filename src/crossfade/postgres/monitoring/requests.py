"""Requests of operators, in the ledger's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, LiteralString
from uuid import uuid4

import msgspec
import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.operations.requests import (
    KINDS,
    OperatorRequest,
    RequestState,
    Task,
    Unpark,
    kind_of,
    unparked,
)
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner


class PostgresRequests:
    """The requests, for one process that creates them or carries them out.

    Args:
        pool: from `open_pool`.
        lease_seconds: how long a lease on a request lasts unless its worker renews it.
    """

    def __init__(self, pool: AsyncConnectionPool, lease_seconds: float = 30.0) -> None:
        self._runner = StatementRunner(pool)
        self._worker = str(uuid4())
        self.lease_seconds = lease_seconds

    async def ask(self, task: Task, requested_by: str) -> OperatorRequest:
        """Create a request for a task, unless an equal one is open; return the open one.

        Raises:
            Unavailable: the source cannot answer.
        """
        values = _values(task) | {"requested_by": requested_by}
        found: Sequence[OperatorRequest] = ()
        while not found:  # a worker may end the request in between: then it is created again
            await self._change("request_create", values)
            found = await self._find("request_open", values)
        return found[0]

    async def unpark(self, task: Unpark, requested_by: str) -> OperatorRequest:
        """Unpark keys at once, and record a request that is done.

        Raises:
            Unavailable: the source cannot answer.
        """
        chosen = {"entity": task.entity, "key": list(task.key) if task.key else None}
        async with self._runner.session() as connection, connection.transaction():
            keys = (await connection.execute(query("unpark"), chosen)).rowcount
            values = _values(task) | {"requested_by": requested_by, "outcome": unparked(keys)}
            cursor = await connection.execute(query("request_done"), values)
            (row,) = await cursor.fetchall()
            return _request(orjson.loads(row[0]))

    async def newest(self, requests_max: int = 50) -> Sequence[OperatorRequest]:
        """Return the newest requests, newest first.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._find("request_find", {"id": None, "requests_max": requests_max})

    async def find(self, number: int) -> OperatorRequest | None:
        """Return one request.

        Raises:
            Unavailable: the source cannot answer.
        """
        parameters = {"id": number, "requests_max": 1}
        return next(iter(await self._find("request_find", parameters)), None)

    async def withdraw(self, number: int, withdrawn_by: str) -> bool:
        """Withdraw a request that is still waiting; return whether it was.

        Raises:
            Unavailable: the source cannot answer.
        """
        values = {"id": number, "outcome": f"withdrawn by {withdrawn_by}"}
        return bool(await self._change("request_withdraw", values))

    async def take(self) -> OperatorRequest | None:
        """Lease the oldest request, unless another one is running; None if there is none.

        Raises:
            Unavailable: the source cannot answer.
        """
        return next(iter(await self._find("request_take", self._lease())), None)

    async def renew(self, number: int, outcome: str | None) -> bool:
        """Renew the lease of a request and record its progress; False if another worker holds it.

        Raises:
            Unavailable: the source cannot answer.
        """
        values = self._lease() | {"id": number, "outcome": outcome}
        return bool(await self._change("request_renew", values))

    async def end(self, number: int, state: RequestState, outcome: str | None) -> bool:
        """End a request, or release it as waiting; False if another worker holds it.

        Raises:
            Unavailable: the source cannot answer.
        """
        values = {"id": number, "worker": self._worker, "state": state, "outcome": outcome}
        return bool(await self._change("request_end", values))

    async def keep_revealed(self, number: int, content: Mapping[str, Any], seconds: float) -> None:
        """Store the content that a request revealed, for a number of seconds.

        Raises:
            Unavailable: the source cannot answer.
        """
        values = {
            "request": number,
            "content": orjson.dumps(content).decode(),
            "seconds": seconds,
        }
        await self._change("revealed_keep", values)

    async def revealed(self, number: int) -> tuple[Mapping[str, Any], datetime] | None:
        """Return the content that a request revealed and its expiry; None once it has expired.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self.forget_revealed()
        rows = await self._runner.rows(query("revealed_find"), {"request": number})
        return next(((orjson.loads(text), datetime.fromisoformat(end)) for text, end in rows), None)

    async def forget_revealed(self) -> int:
        """Delete expired contents; return how many were deleted.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._change("revealed_forget", {})

    def _lease(self) -> dict[str, Any]:
        return {"worker": self._worker, "lease_seconds": self.lease_seconds}

    async def _change(self, name: LiteralString, values: Mapping[str, Any]) -> int:
        return await self._runner.count(query(name), values)

    async def _find(self, name: LiteralString, values: Mapping[str, Any]) -> list[OperatorRequest]:
        rows = await self._runner.rows(query(name), values)
        return [_request(orjson.loads(text)) for (text,) in rows]


def _values(task: Task) -> dict[str, Any]:
    return {"kind": kind_of(task), "arguments": orjson.dumps(asdict(task)).decode()}


def _request(row: Mapping[str, Any]) -> OperatorRequest:
    return OperatorRequest(
        id=row["id"],
        task=msgspec.convert(row["arguments"], type=KINDS[row["kind"]]),
        requested_by=row["requested_by"],
        requested_at=datetime.fromisoformat(row["requested_at"]),
        state=RequestState(row["state"]),
        attempts=row["attempts"],
        taken_at=_moment(row["taken_at"]),
        lease_until=_moment(row["lease_until"]),
        finished_at=_moment(row["finished_at"]),
        outcome=row["outcome"],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
