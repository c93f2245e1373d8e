"""Keys that were delivered and not verified since: what continuous verification works off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.state import Key
from crossfade.parity.model import Comparison, Lag, Watermark
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.queries import query

SETTLED_KEYS_MAX = 1000
"""Keys that one statement settles: their rows are locked for its length."""


class PostgresUnverified:
    """The unverified keys of some mappings; a set, so that lost and repeated steps are harmless.

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
            keys_max: how many at most.
            without: entities whose keys are left out.

        Raises:
            Unavailable: the source cannot answer.
        """
        entities = [entity for entity in self._entities if entity not in without]
        asked = {"entities": entities, "keys_max": keys_max}
        rows = await self._runner.rows(query("unverified"), asked)
        return [Key(entity, tuple(orjson.loads(parts))) for entity, parts in rows]

    async def settle(self, comparisons: Sequence[Comparison]) -> None:
        """Note that keys were verified at the versions that were judged.

        Raises:
            Unavailable: the source cannot answer.
        """
        told = [
            {
                "entity": one.key.entity,
                "key": one.key.parts,
                "version": one.evidence.source_version,
            }
            for one in comparisons
        ]
        await self._runner.count(query("verified"), {"keys": orjson.dumps(told).decode()})

    async def settle_through(self, run: int, entities: Collection[str]) -> None:
        """Note that keys that nothing has touched since a run began were verified by it.

        Args:
            run: its number.
            entities: the mappings that it has covered.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {"run": run, "entities": list(entities), "keys_max": SETTLED_KEYS_MAX}
        count = SETTLED_KEYS_MAX
        while count == SETTLED_KEYS_MAX:
            count = await self._runner.count(query("verified_through"), asked)

    async def lagging(self, seconds: float) -> Sequence[Lag]:
        """Return the entities whose oldest undelivered write is older than this.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {"entities": self._entities, "seconds": seconds}
        rows = await self._runner.rows(query("lagging"), asked)
        return [Lag(entity, float(age), int(keys)) for entity, age, keys in rows]

    async def watermarks(self) -> Sequence[Watermark]:
        """Return how far delivery and verification have come, by mapping.

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
