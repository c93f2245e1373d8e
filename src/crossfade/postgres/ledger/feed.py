"""The ledger as a feed: dirty keys, and the outcomes of their delivery."""

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
from crossfade.postgres.ledger.lock_backoff import LockBackoff
from crossfade.postgres.ledger.mark import mark_keys
from crossfade.postgres.ledger.relay_slot import RelaySlot
from crossfade.postgres.ledger.row_keys import row_bounds
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """When keys are due, and when they are parked.

    Attributes:
        grace_seconds: the age at which a dirty key is due; until then the fast path delivers it.
        faults_max: the number of failures in a row, caused by the record itself, that parks a key.
        retry_base_seconds: the bound of the first pause after a failure; it doubles with each one.
        retry_max_seconds: the highest bound of a pause.
        locked_base_seconds: the first pause of a key that an open transaction has locked.
        locked_max_seconds: the longest such pause.
        locked_keys_max: the highest number of keys with such a pause.
        relays_max: the highest number of relays that share the keys.
        silent_seconds: the time without a poll after which a relay loses its share to the others.
        answer_seconds: the time limit of one call.
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
    """The ledger as `ports.Feed`. Every call is one round trip and one transaction.

    Args:
        pool: from `open_pool`. `due` keeps one of its connections until `aclose`.
        entities: the mappings of this process; keys of others are never due here.
        options: when keys are due.
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
        """Return dirty keys that are due and in this relay's share, oldest first.

        Raises:
            ConfigurationError: `relays_max` relays are running already.
            Unavailable: the source cannot answer.
        """
        rows = await self._slot.execute(
            "due",
            {
                "entities": self._entities,
                "grace_seconds": self._options.grace_seconds,
                "silent_seconds": self._options.silent_seconds,
                "paused": _json([_record(key) for key in self._locked.paused(monotonic())]),
                "keys_max": keys_max,
            },
        )
        return [_key(entity, parts) for entity, parts in rows]

    async def dirty_keys_of(self, rows: Sequence[Row]) -> Sequence[Key]:
        """Return the dirty, unparked keys of these rows.

        Raises:
            Unavailable: the source cannot answer.
        """
        bounds = {"rows": _json([row_bounds(row) for row in rows])}
        found = await self._runner.rows(query("dirty_keys_of"), bounds)
        return [_key(entity, parts) for entity, parts in found]

    async def ack(self, outcomes: Sequence[Outcome]) -> AckReport:
        """Record outcomes, one per key; a key is clean only if its newest version was delivered.

        A key that a writer has locked is skipped: it stays dirty, and is due again after a pause.

        Raises:
            Unavailable: the source cannot answer; the outcomes may be recorded or not.
        """
        reported = [_reported(outcome) for outcome in outcomes if not isinstance(outcome, Moved)]
        if not reported:
            return AckReport()
        rows = await self._runner.rows(
            query("ack"),
            {
                "outcomes": _json(reported),
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
        """Record objects as stored; existing records are kept.

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
        await self._runner.count(query("record_objects"), {"objects": _json(stored)})

    async def mark(self, keys: Sequence[tuple[Key, int]]) -> Sequence[Key]:
        """Give each key a version above its own and the given one, dirty and due at once.

        Returns:
            The keys that a writer kept locked; they are unchanged.

        Raises:
            Unavailable: the source cannot answer; some of the keys may be marked.
        """
        return await mark_keys(self._runner.pool, keys, self._options.answer_seconds)

    async def aclose(self) -> None:
        """Release this relay's slot, so that the other relays take over its share."""
        await self._slot.release()


def _reported(
    outcome: Delivered | Superseded | Conflicting | Failed | Postponed,
) -> dict[str, Any]:
    """Return an outcome as a record of the query `ack`."""
    record = _record(outcome.key)
    match outcome:
        case Delivered(_, version, read_at):
            return record | {"verdict": "delivered", "version": version, "read_at": read_at}
        case Superseded(_, version, found, read_at):
            return record | {
                "verdict": "superseded",
                "version": version,
                "found": found,
                "read_at": read_at,
            }
        case Conflicting(_, version):
            return record | {"verdict": "conflicting", "version": version}
        case Failed(_, error, reason, blame, attempt):
            return record | {
                "verdict": "failed",
                "reason": f"{error.__name__}: {reason}",
                "is_fault": blame is Blame.RECORD,
                "attempt": attempt,
            }
        case Postponed(_, seconds):
            return record | {"verdict": "postponed", "seconds": seconds}
        case _:
            assert_never(outcome)


def _record(key: Key) -> dict[str, Any]:
    return {"entity": key.entity, "key": list(key.parts)}


def _key(entity: str, parts: str) -> Key:
    return Key(entity, tuple(orjson.loads(parts)))


def _json(records: Sequence[dict[str, Any]]) -> str:
    return orjson.dumps(records).decode()
