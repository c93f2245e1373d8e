"""Keys that were delivered and not verified since: the backlog of continuous verification."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.state import Key
from crossfade.parity.model import Comparison, Lag, Watermark
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner

SETTLED_KEYS_MAX = 1000
"""The highest number of keys that one statement settles; it locks their rows until it ends."""


class PostgresUnverified:
    """The unverified keys of some mappings: a set, so that lost and repeated steps are harmless.

    Args:
        pool: from `open_pool`.
        entities: the mappings' names.
    """

    def __init__(self, pool: AsyncConnectionPool, entities: Iterable[str]) -> None:
        self._runner = StatementRunner(pool)
        self._entities = sorted(entities)

    async def unverified(self, keys_max: int, without: Collection[str] = ()) -> Sequence[Key]:
        """Return delivered keys that were not verified since, oldest writes first.

        Args:
            keys_max: the highest number of keys.
            without: entities without keys in the result.

        Raises:
            Unavailable: the source cannot answer.
        """
        entities = [entity for entity in self._entities if entity not in without]
        parameters = {"entities": entities, "keys_max": keys_max}
        rows = await self._runner.rows(query("unverified"), parameters)
        return [Key(entity, tuple(orjson.loads(parts))) for entity, parts in rows]

    async def settle(self, comparisons: Sequence[Comparison]) -> None:
        """Record that keys were verified at the versions that were compared.

        Raises:
            Unavailable: the source cannot answer.
        """
        records = [
            {
                "entity": one.key.entity,
                "key": one.key.parts,
                "version": one.evidence.source_version,
            }
            for one in comparisons
        ]
        await self._runner.count(query("verified"), {"keys": orjson.dumps(records).decode()})

    async def settle_through(self, run: int, entities: Collection[str]) -> None:
        """Record that a run has verified the keys without a write or delivery since it began.

        Args:
            run: the number of the run.
            entities: the mappings that the run has covered.

        Raises:
            Unavailable: the source cannot answer.
        """
        parameters = {"run": run, "entities": list(entities), "keys_max": SETTLED_KEYS_MAX}
        count = SETTLED_KEYS_MAX
        while count == SETTLED_KEYS_MAX:
            count = await self._runner.count(query("verified_through"), parameters)

    async def lagging(self, seconds: float) -> Sequence[Lag]:
        """Return the entities with an undelivered write older than `seconds`.

        Raises:
            Unavailable: the source cannot answer.
        """
        parameters = {"entities": self._entities, "seconds": seconds}
        rows = await self._runner.rows(query("lagging"), parameters)
        return [Lag(entity, float(age), int(keys)) for entity, age, keys in rows]

    async def watermarks(self) -> Sequence[Watermark]:
        """Return the watermarks of delivery and verification of each mapping.

        Raises:
            Unavailable: the source cannot answer.
        """
        rows = await self._runner.rows(query("watermarks"), {"entities": self._entities})
        return [
            Watermark(
                entity=row["entity"],
                replicated_through=datetime.fromisoformat(row["replicated_through"]),
                verified_through=datetime.fromisoformat(row["verified_through"]),
                unverified_keys=row["unverified_keys"],
            )
            for row in (orjson.loads(text) for (text,) in rows)
        ]
