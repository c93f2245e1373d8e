"""What operators asked for, in the ledger's schema."""

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
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.queries import query


class PostgresRequests:
    """The requests, as one process asks for things or works on them.

    Args:
        pool: from `open_pool`.
        lease_seconds: a worker that has been silent for so long loses its request to another.
    """

    def __init__(self, pool: AsyncConnectionPool, lease_seconds: float = 30.0) -> None:
        self._runner = StatementRunner(pool)
        self._worker = str(uuid4())
        self.lease_seconds = lease_seconds

    async def ask(self, task: Task, requested_by: str) -> OperatorRequest:
        """Ask for something; what is asked for already is not asked for twice.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = _asked(task) | {"requested_by": requested_by}
        found: Sequence[OperatorRequest] = ()
        while not found:  # a worker may end it in between: then it is asked for anew
            await self._change("request_ask", asked)
            found = await self._find("request_open", asked)
        return found[0]

    async def unpark(self, task: Unpark, requested_by: str) -> OperatorRequest:
        """Give parked keys a fresh chance, at once and on the record.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = _asked(task) | {"requested_by": requested_by}
        chosen = {"entity": task.entity, "key": list(task.key) if task.key else None}
        async with self._runner.session() as connection, connection.transaction():
            keys = (await connection.execute(query("unpark"), chosen)).rowcount
            told = asked | {"outcome": unparked(keys)}
            cursor = await connection.execute(query("request_done"), told)
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
        asked = {"id": number, "requests_max": 1}
        return next(iter(await self._find("request_find", asked)), None)

    async def withdraw(self, number: int, withdrawn_by: str) -> bool:
        """Take a request back that no worker has taken yet; whether it was so.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {"id": number, "outcome": f"withdrawn by {withdrawn_by}"}
        return bool(await self._change("request_withdraw", asked))

    async def take(self) -> OperatorRequest | None:
        """Take the oldest request, unless one is being worked on.

        Raises:
            Unavailable: the source cannot answer.
        """
        return next(iter(await self._find("request_take", self._lease())), None)

    async def renew(self, number: int, outcome: str | None) -> bool:
        """Keep a request, and tell how far it has come; False when it was lost to another worker.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = self._lease() | {"id": number, "outcome": outcome}
        return bool(await self._change("request_renew", asked))

    async def end(self, number: int, state: RequestState, outcome: str | None) -> bool:
        """End a request, or give it back as waiting; False when it was lost to another worker.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {"id": number, "worker": self._worker, "state": state, "outcome": outcome}
        return bool(await self._change("request_end", asked))

    async def keep_revealed(self, number: int, content: Mapping[str, Any], seconds: float) -> None:
        """Keep what a request brought to light for so long.

        Raises:
            Unavailable: the source cannot answer.
        """
        told = {
            "request": number,
            "content": orjson.dumps(content).decode(),
            "seconds": seconds,
        }
        await self._change("revealed_keep", told)

    async def revealed(self, number: int) -> tuple[Mapping[str, Any], datetime] | None:
        """Return what a request brought to light, and until when; None when it is gone.

        Raises:
            Unavailable: the source cannot answer.
        """
        await self.forget_revealed()
        rows = await self._runner.rows(query("revealed_find"), {"request": number})
        return next(((orjson.loads(text), datetime.fromisoformat(end)) for text, end in rows), None)

    async def forget_revealed(self) -> int:
        """Remove what has expired; returns how many there were.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._change("revealed_forget", {})

    def _lease(self) -> dict[str, Any]:
        return {"worker": self._worker, "lease_seconds": self.lease_seconds}

    async def _change(self, name: LiteralString, asked: Mapping[str, Any]) -> int:
        return await self._runner.count(query(name), asked)

    async def _find(self, name: LiteralString, asked: Mapping[str, Any]) -> list[OperatorRequest]:
        rows = await self._runner.rows(query(name), asked)
        return [_request(orjson.loads(text)) for (text,) in rows]


def _asked(task: Task) -> dict[str, Any]:
    return {"kind": kind_of(task), "arguments": orjson.dumps(asdict(task)).decode()}


def _request(told: Mapping[str, Any]) -> OperatorRequest:
    return OperatorRequest(
        id=told["id"],
        task=msgspec.convert(told["arguments"], type=KINDS[told["kind"]]),
        requested_by=told["requested_by"],
        requested_at=datetime.fromisoformat(told["requested_at"]),
        state=RequestState(told["state"]),
        attempts=told["attempts"],
        taken_at=_moment(told["taken_at"]),
        lease_until=_moment(told["lease_until"]),
        finished_at=_moment(told["finished_at"]),
        outcome=told["outcome"],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
