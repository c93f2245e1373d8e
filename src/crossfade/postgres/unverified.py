"""Keys that were delivered and not verified since: what continuous verification works off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.parity import Judgement, Lag, Watermark
from crossfade.mapping.state import Key
from crossfade.postgres.connect import session
from crossfade.postgres.queries import query

SETTLED_KEYS_MAX = 1000
"""Keys that one statement settles: their rows are locked for its length."""


class PostgresUnverified:
    """The unverified keys of some mappings; a set, so that lost and repeated steps are harmless.

    Args:
        pool: from `open_pool`.
        entities: the mappings' names.
        answer_seconds: how long one call may take.
    """

    def __init__(
        self, pool: AsyncConnectionPool, entities: Iterable[str], answer_seconds: float = 10.0
    ) -> None:
        self._pool = pool
        self._entities = sorted(entities)
        self._answer_seconds = answer_seconds

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
        async with session(self._pool, self._answer_seconds) as connection:
            cursor = await connection.execute(query("unverified"), asked)
            return [Key(entity, tuple(orjson.loads(parts))) async for entity, parts in cursor]

    async def settle(self, judgements: Sequence[Judgement]) -> None:
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
            for one in judgements
        ]
        async with session(self._pool, self._answer_seconds) as connection:
            await connection.execute(query("verified"), {"keys": orjson.dumps(told).decode()})

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
            async with session(self._pool, self._answer_seconds) as connection:
                count = (await connection.execute(query("verified_through"), asked)).rowcount

    async def lagging(self, seconds: float) -> Sequence[Lag]:
        """Return the entities whose oldest undelivered write is older than this.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {"entities": self._entities, "seconds": seconds}
        async with session(self._pool, self._answer_seconds) as connection:
            cursor = await connection.execute(query("lagging"), asked)
            return [Lag(entity, float(age), int(keys)) async for entity, age, keys in cursor]

    async def watermarks(self) -> Sequence[Watermark]:
        """Return how far delivery and verification have come, by mapping.

        Raises:
            Unavailable: the source cannot answer.
        """
        async with session(self._pool, self._answer_seconds) as connection:
            cursor = await connection.execute(query("watermarks"), {"entities": self._entities})
            rows = [orjson.loads(row[0]) async for row in cursor]
        return [
            Watermark(
                entity=row["entity"],
                replicated_through=datetime.fromisoformat(row["replicated_through"]),
                verified_through=datetime.fromisoformat(row["verified_through"]),
                unverified_keys=row["unverified_keys"],
            )
            for row in rows
        ]
