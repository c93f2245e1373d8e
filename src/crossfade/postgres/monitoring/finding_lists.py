"""Lists of findings: filtered, in pages, counted up to a limit.

With any filter, a page and a count read a bounded part of two indexes: the list is merged from the
existing kinds of findings, each of which is a range of an index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from crossfade.parity.model import Cause, Finding, Verdict
from crossfade.postgres.parity.findings import finding_from
from crossfade.postgres.queries import query
from crossfade.postgres.statement_runner import StatementRunner

_CODE_POINT_MAX = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """A filter of findings; one without conditions lists all findings, newest first.

    Attributes:
        entity: the mapping; empty for items that belong to no row.
        verdict: the verdict.
        cause: the cause.
        is_open: whether the finding is open.
        since: the earliest time at which the finding was first seen.
        key_prefix: the first characters of the key's first column; the list is then in the order of
            the keys, and `since` is ignored.
    """

    entity: str | None = None
    verdict: Verdict | None = None
    cause: Cause | None = None
    is_open: bool | None = None
    since: datetime | None = None
    key_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class FindingPage:
    """A page of findings.

    Attributes:
        has_earlier: whether there are findings before the first one.
        has_later: whether there are findings after the last one.
    """

    findings: tuple[Finding, ...]
    has_earlier: bool
    has_later: bool


@dataclass(frozen=True, slots=True)
class FindingKinds:
    """The kinds of the existing findings, for the choices of a filter."""

    entities: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    causes: tuple[Cause, ...]


class PostgresFindingLists:
    """A reader of lists of findings.

    Args:
        pool: from `open_pool`.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._runner = StatementRunner(pool)

    async def page(
        self,
        chosen: FindingFilter,
        *,
        after: int | None = None,
        before: int | None = None,
        findings_max: int = 50,
    ) -> FindingPage:
        """Return findings of a filter, in the list's order.

        Args:
            chosen: the filter.
            after: the id of the last finding of the previous page; None for the first page.
            before: the id of the first finding of the next page; `after` is then ignored.
            findings_max: the highest number of findings.

        Raises:
            Unavailable: the source cannot answer.
        """
        is_back = before is not None
        parameters = _parameters(chosen) | {
            "edge": before if is_back else after,
            "findings_max": findings_max + 1,
        }
        rows = await self._runner.rows(_listed(chosen, is_back=is_back), parameters)
        found = [finding_from(orjson.loads(row[0])) for row in rows]
        is_more = len(found) > findings_max
        del found[findings_max:]
        return FindingPage(
            findings=tuple(reversed(found)) if is_back else tuple(found),
            has_earlier=is_more if is_back else after is not None,
            has_later=is_back or is_more,
        )

    async def count(self, chosen: FindingFilter, count_max: int = 10_001) -> int:
        """Return the number of findings of a filter, counted up to `count_max`.

        Raises:
            Unavailable: the source cannot answer.
        """
        column, low, high = _range(chosen)
        statement = query("findings_counted").format(column=column, low=low, high=high)
        ((counted,),) = await self._runner.rows(
            statement, _parameters(chosen) | {"count_max": count_max}
        )
        return int(counted)

    async def kinds(self) -> FindingKinds:
        """Return the entities, verdicts and causes of the existing findings.

        Raises:
            Unavailable: the source cannot answer.
        """
        rows = await self._runner.rows(query("finding_kinds"))
        return FindingKinds(
            entities=tuple(sorted({entity for entity, _, _ in rows})),
            verdicts=tuple(sorted({Verdict(verdict) for _, verdict, _ in rows})),
            causes=tuple(sorted({Cause(cause) for _, _, cause in rows})),
        )

    async def find(self, number: int) -> Finding | None:
        """Return one finding.

        Raises:
            Unavailable: the source cannot answer.
        """
        rows = await self._runner.rows(query("finding_find"), {"id": number})
        return next((finding_from(orjson.loads(row[0])) for row in rows), None)


def _parameters(chosen: FindingFilter) -> dict[str, Any]:
    prefix = chosen.key_prefix
    return {
        "is_open": chosen.is_open,
        "entity": chosen.entity,
        "verdict": chosen.verdict,
        "cause": chosen.cause,
        "since": chosen.since,
        "lowest": None if prefix is None else [prefix],
        "above": None if prefix is None or (above := above_prefix(prefix)) is None else [above],
    }


def _listed(chosen: FindingFilter, *, is_back: bool) -> sql.Composed:
    column, low, high = _range(chosen)
    grows = (chosen.key_prefix is not None) != is_back
    operators = ("<", ">", "<", "ASC") if grows else (">=", "<", ">=", "DESC")
    ahead, beyond, within, direction = map(sql.SQL, operators)
    next_of = partial(
        query("finding_next").format,
        column=column,
        beyond=beyond,
        within=within,
        end=high if grows else low,
        direction=direction,
    )
    return query("findings_listed").format(
        column=column,
        ahead=ahead,
        start=low if grows else high,
        next_one=next_of(limit=sql.SQL("1")),
        next_ones=next_of(limit=sql.Placeholder("findings_max")),
        direction=direction,
    )


def _range(chosen: FindingFilter) -> tuple[sql.Identifier, sql.SQL, sql.SQL]:
    """Return the column of the list's order, its lowest value, and a bound above its values."""
    if chosen.key_prefix is None:
        return (
            sql.Identifier("first_seen"),
            sql.SQL("coalesce(%(since)s::timestamptz, '-infinity')"),
            sql.SQL("'infinity'::timestamptz"),
        )
    is_bounded = above_prefix(chosen.key_prefix) is not None
    return (
        sql.Identifier("key"),
        sql.SQL("%(lowest)s::text[]"),
        # NULL sorts above every text.
        sql.SQL("%(above)s::text[]" if is_bounded else "ARRAY[NULL]::text[]"),
    )


def above_prefix(prefix: str) -> str | None:
    """Return the lowest text, in the order of code points, above all texts with a prefix.

    None if there is none: for the empty prefix and one that consists of U+10FFFF.
    """
    kept = prefix.rstrip(chr(_CODE_POINT_MAX))
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
