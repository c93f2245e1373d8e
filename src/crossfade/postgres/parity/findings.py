"""What verification found, in the ledger's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, LiteralString

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.state import Key
from crossfade.parity.model import Cause, Comparison, Evidence, Finding, Verdict
from crossfade.postgres.calls import StatementRunner
from crossfade.postgres.queries import query


class PostgresFindings:
    """Keeps findings, each with its evidence and without any content.

    Args:
        pool: from `open_pool`.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._runner = StatementRunner(pool)

    async def record(self, run: int, comparisons: Sequence[Comparison]) -> None:
        """Open a finding for each drift, or bring the key's open one up to date.

        Raises:
            Unavailable: the source cannot answer.
        """
        told = [_told(comparison) for comparison in comparisons]
        await self._runner.count(query("finding_record"), {"run": run, "findings": _json(told)})

    async def close(self, keys: Sequence[Key], closed_by: str) -> int:
        """Close the open findings of keys that are equal now; returns how many there were.

        Args:
            keys: as their findings name them.
            closed_by: what saw it, such as ``run 7``.

        Raises:
            Unavailable: the source cannot answer.
        """
        told = [{"entity": key.entity, "key": key.parts} for key in keys]
        asked = {"keys": _json(told), "closed_by": closed_by}
        return await self._runner.count(query("finding_close"), asked)

    async def open_page(
        self,
        entities: Sequence[str],
        after: int = 0,
        *,
        run: int | None = None,
        before_run: int | None = None,
        findings_max: int = 500,
    ) -> Sequence[Finding]:
        """Return open findings in the order of their discovery.

        Args:
            entities: of these mappings, and foreign items.
            after: the id of the last one known.
            run: only those that this run saw last.
            before_run: only those that no run from this one on has seen.
            findings_max: how many at most.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._findings(
            "finding_page",
            {
                "entities": list(entities),
                "after": after,
                "run": run,
                "before_run": before_run,
                "findings_max": findings_max,
            },
        )

    async def of_key(self, key: Key) -> Sequence[Finding]:
        """Return every finding that a key ever had, oldest first.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._findings(
            "finding_of_key", {"entity": key.entity, "key": list(key.parts)}
        )

    async def open_counts(
        self, entities: Sequence[str], *, run: int | None = None
    ) -> dict[Verdict, int]:
        """Return how many findings are open, by verdict; of one run, or of all.

        Raises:
            Unavailable: the source cannot answer.
        """
        asked = {"entities": list(entities), "run": run}
        rows = await self._runner.rows(query("finding_counts"), asked)
        return {Verdict(verdict): int(count) for verdict, count in rows}

    async def _findings(self, name: LiteralString, asked: Mapping[str, Any]) -> list[Finding]:
        rows = await self._runner.rows(query(name), asked)
        return [finding_from(orjson.loads(text)) for (text,) in rows]


def _told(comparison: Comparison) -> dict[str, Any]:
    return {
        "entity": comparison.key.entity,
        "key": comparison.key.parts,
        "verdict": comparison.verdict.value,
        "fields": comparison.fields,
        "cause": comparison.cause.value,
        **asdict(comparison.evidence),
    }


def finding_from(told: Mapping[str, Any]) -> Finding:
    """Return a row of the table, read as JSON, as a finding."""
    closed_at = told["closed_at"]
    return Finding(
        id=told["id"],
        comparison=Comparison(
            key=Key(told["entity"], tuple(told["key"])),
            verdict=Verdict(told["verdict"]),
            fields=tuple(told["fields"]),
            cause=Cause(told["cause"]),
            evidence=Evidence(**{field.name: told[field.name] for field in fields(Evidence)}),
        ),
        first_run=told["first_run"],
        last_run=told["last_run"],
        first_seen=datetime.fromisoformat(told["first_seen"]),
        last_seen=datetime.fromisoformat(told["last_seen"]),
        closed_at=None if closed_at is None else datetime.fromisoformat(closed_at),
        closed_by=told["closed_by"],
    )


def _json(records: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(records).decode()
