"""The ledger as a feed: which keys are dirty, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, assert_never

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.state import (
    AckReport,
    Blame,
    Conflicting,
    Delivered,
    Failed,
    Key,
    Moved,
    Outcome,
    Postponed,
    Row,
    StoredObject,
    Superseded,
)
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.ledger.lock_backoff import LockBackoff
from crossfade.postgres.ledger.mark import mark_keys
from crossfade.postgres.ledger.relay_slot import RelaySlot
from crossfade.postgres.queries import query


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """When keys are due, and when they are given up.

    Attributes:
        grace_seconds: age a dirty key must reach before it is due; the fast path's lead.
        faults_max: failures in a row for a record's own reason after which its key is parked.
        retry_base_seconds: bound of the first pause after a failure; it doubles with each one.
        retry_max_seconds: the highest bound of a pause.
        locked_base_seconds: first pause of a key whose row an open transaction holds.
        locked_max_seconds: longest such pause.
        locked_keys_max: keys with such a pause at once.
        relays_max: relays that share the keys.
        silent_seconds: a relay that has not asked for so long loses its share to the others.
        answer_seconds: how long one call may take.
    """

    grace_seconds: float = 0.5
    faults_max: int = 5
    retry_base_seconds: float = 0.5
    retry_max_seconds: float = 60.0
    locked_base_seconds: float = 0.5
    locked_max_seconds: float = 60.0
    locked_keys_max: int = 10_000
    relays_max: int = 64
    silent_seconds: float = 60.0
    answer_seconds: float = 10.0


class PostgresFeed:
    """Satisfies `ports.Feed`. Every call is one round trip and one transaction.

    Args:
        pool: from `open_pool`. The first `due` takes one of its connections for good.
        entities: the mappings that this process knows; keys of others are never due here.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        entities: Iterable[str],
        options: FeedOptions | None = None,
    ) -> None:
        self._entities = sorted(entities)
        self._options = options or FeedOptions()
        self._runner = StatementRunner(pool, self._options.answer_seconds)
        self._slot = RelaySlot(pool, self._options.relays_max, self._options.answer_seconds)
        self._locked = LockBackoff(
            self._options.locked_base_seconds,
            self._options.locked_max_seconds,
            self._options.locked_keys_max,
        )

    async def due(self, keys_max: int) -> Sequence[Key]:
        """Return dirty keys whose turn it is and that are this relay's share, oldest first.

        Raises:
            ConfigurationError: more relays than `relays_max`.
            Unavailable: the source cannot answer.
        """
        rows = await self._slot.execute(
            "due",
            {
                "entities": self._entities,
                "grace_seconds": self._options.grace_seconds,
                "silent_seconds": self._options.silent_seconds,
                "held": _json([_named(key) for key in self._locked.paused(monotonic())]),
                "keys_max": keys_max,
            },
        )
        return [_key(entity, parts) for entity, parts in rows]

    async def dirty_keys_of(self, rows: Sequence[Row]) -> Sequence[Key]:
        """Return the dirty, unparked keys of these rows.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {"rows": _json([_range(row) for row in rows])}
        found = await self._runner.rows(query("dirty_keys_of"), asked)
        return [_key(entity, parts) for entity, parts in found]

    async def ack(self, outcomes: Sequence[Outcome]) -> AckReport:
        """Record outcomes, one per key; a key is clean only if its newest version was delivered.

        A key that a writer holds at this moment stays as it is, and comes again.

        Raises:
            Unavailable: the source cannot answer; the outcomes may be recorded or not.
        """
        told = [_told(outcome) for outcome in outcomes if not isinstance(outcome, Moved)]
        if not told:
            return AckReport()
        rows = await self._runner.rows(
            query("ack"),
            {
                "outcomes": _json(told),
                "faults_max": self._options.faults_max,
                "retry_base_seconds": self._options.retry_base_seconds,
                "retry_max_seconds": self._options.retry_max_seconds,
            },
        )
        verdicts = [(_key(entity, parts), verdict) for entity, parts, verdict in rows]
        locked = frozenset(key for key, verdict in verdicts if verdict == "locked")
        self._locked.note((outcome.key for outcome in outcomes), locked, monotonic())
        return AckReport(
            parked=tuple(key for key, verdict in verdicts if verdict == "parked"),
            raised=tuple(key for key, verdict in verdicts if verdict == "raised"),
        )

    async def remember(self, objects: Sequence[StoredObject]) -> None:
        """Record objects as uploaded; those known already stay as they are.

        Raises:
            Unavailable: the source cannot answer.
        """
        stored = [
            {
                "object_key": one.object_key,
                "entity": one.entity,
                "row_id": one.row_id,
                "size_bytes": one.size_bytes,
            }
            for one in objects
        ]
        await self._runner.count(query("remember"), {"objects": _json(stored)})

    async def mark(self, keys: Sequence[tuple[Key, int]]) -> Sequence[Key]:
        """Give each key a version above its own and the given one, dirty and due at once.

        Returns:
            The keys that a writer held all the while; they are as they were.

        Raises:
            Unavailable: the source cannot answer; some of the keys may be marked.
        """
        return await mark_keys(self._runner.pool, keys, self._options.answer_seconds)

    async def aclose(self) -> None:
        """Give this relay's share to the others."""
        await self._slot.leave()


def _told(outcome: Delivered | Superseded | Conflicting | Failed | Postponed) -> dict[str, Any]:
    """Return an outcome as a record of ``ack.sql``."""
    named = _named(outcome.key)
    match outcome:
        case Delivered(_, version, read_at):
            return named | {"verdict": "delivered", "version": version, "read_at": read_at}
        case Superseded(_, version, found, read_at):
            return named | {
                "verdict": "superseded",
                "version": version,
                "found": found,
                "read_at": read_at,
            }
        case Conflicting(_, version):
            return named | {"verdict": "conflicting", "version": version}
        case Failed(_, error, reason, blame, attempt):
            return named | {
                "verdict": "failed",
                "reason": f"{error}: {reason}",
                "is_fault": blame is Blame.RECORD,
                "attempt": attempt,
            }
        case Postponed(_, seconds):
            return named | {"verdict": "postponed", "seconds": seconds}
        case _:
            assert_never(outcome)


def _named(key: Key) -> dict[str, Any]:
    return {"entity": key.entity, "key": list(key.parts)}


def _range(row: Row) -> dict[str, Any]:
    """Return the bounds of a row's ledger keys, the upper one not included."""
    *head, last = row.primary_key
    return {
        "entity": row.entity,
        "lowest": row.primary_key,
        "above": [*head, f"{last}\x01"],
    }


def _key(entity: str, parts: str) -> Key:
    return Key(entity, tuple(orjson.loads(parts)))


def _json(records: Sequence[dict[str, Any]]) -> str:
    return orjson.dumps(records).decode()
