"""Findings of verification, in the ledger's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, LiteralString

import orjson
from psycopg_pool import AsyncConnectionPool

from crossfade.mapping.state import Key
from crossfade.parity.model import Cause, Comparison, Evidence, Finding, Verdict
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner


class PostgresFindings:
    """A store of findings, each with its evidence and without any content.

    Args:
        pool: from `open_pool`.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._runner = StatementRunner(pool)

    async def record(self, run: int, comparisons: Sequence[Comparison]) -> None:
        """Open a finding for each comparison, or update the key's open one.

        Args:
            run: the number of the run that made the comparisons.
            comparisons: keys that differ.

        Raises:
            Unavailable: the source cannot answer.
        """
        records = _json([_record(comparison) for comparison in comparisons])
        await self._runner.count(query("finding_record"), {"run": run, "findings": records})

    async def close(self, keys: Sequence[Key], closed_by: str) -> int:
        """Close the open findings of keys that are equal now; return how many were closed.

        Args:
            keys: the keys of the findings.
            closed_by: what compared them, such as ``run 7``.

        Raises:
            Unavailable: the source cannot answer.
        """
        records = _json([{"entity": key.entity, "key": key.parts} for key in keys])
        parameters = {"keys": records, "closed_by": closed_by}
        return await self._runner.count(query("finding_close"), parameters)

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
            entities: the mappings; findings of foreign items are returned too.
            after: the id after which the page begins.
            run: only findings that this run was the last to see.
            before_run: only findings that neither this run nor a later one has seen.
            findings_max: the highest number of findings.

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
        """Return every finding of a key, open or closed, oldest first.

        Raises:
            Unavailable: the source cannot answer.
        """
        return await self._findings(
            "finding_of_key", {"entity": key.entity, "key": list(key.parts)}
        )

    async def open_counts(
        self, entities: Sequence[str], *, run: int | None = None
    ) -> dict[Verdict, int]:
        """Return the number of open findings by verdict, of one run or of all.

        Raises:
            Unavailable: the source cannot answer.
        """
        parameters = {"entities": list(entities), "run": run}
        rows = await self._runner.rows(query("finding_counts"), parameters)
        return {Verdict(verdict): int(count) for verdict, count in rows}

    async def _findings(self, name: LiteralString, parameters: Mapping[str, Any]) -> list[Finding]:
        rows = await self._runner.rows(query(name), parameters)
        return [finding_from(orjson.loads(text)) for (text,) in rows]


def _record(comparison: Comparison) -> dict[str, Any]:
    return {
        "entity": comparison.key.entity,
        "key": comparison.key.parts,
        "verdict": comparison.verdict.value,
        "fields": comparison.fields,
        "cause": comparison.cause.value,
        **asdict(comparison.evidence),
    }


def finding_from(row: Mapping[str, Any]) -> Finding:
    """Return the finding in a row of the table that was read as JSON."""
    closed_at = row["closed_at"]
    return Finding(
        id=row["id"],
        comparison=Comparison(
            key=Key(row["entity"], tuple(row["key"])),
            verdict=Verdict(row["verdict"]),
            fields=tuple(row["fields"]),
            cause=Cause(row["cause"]),
            evidence=Evidence(**{field.name: row[field.name] for field in fields(Evidence)}),
        ),
        first_run=row["first_run"],
        last_run=row["last_run"],
        first_seen=datetime.fromisoformat(row["first_seen"]),
        last_seen=datetime.fromisoformat(row["last_seen"]),
        closed_at=None if closed_at is None else datetime.fromisoformat(closed_at),
        closed_by=row["closed_by"],
    )


def _json(records: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(records).decode()
