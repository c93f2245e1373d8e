"""Lists of findings: every filter, page by page in both directions, against a list in memory."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import psycopg
import pytest

from crossfade.parity.model import Cause, Finding, Verdict
from crossfade.postgres import install, open_pool
from crossfade.postgres.monitoring.finding_lists import (
    FindingFilter,
    FindingPage,
    PostgresFindingLists,
    above_prefix,
)
from crossfade.postgres.queries import query
from support.engines.values import Database
from support.postgres_tables import plan

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FINDINGS = 400
PAGE = 37
SINCE = NOON + timedelta(minutes=20)


async def fill(database: Database) -> None:
    """Findings of few kinds, many at the same moment, some keys beyond the basic plane."""
    chance = random.Random(7)  # noqa: S311 - keeps no secret
    rows = [
        (
            chance.choice(["session", "campaign", ""]),
            [chance.choice(["a", "ab", "abc", "b", "é", "\U0001f600", "\U0010ffff"]) + str(number)],
            chance.choice(["drift_missing", "drift_differs"]),
            chance.choice(["lost write", "foreign writer"]),
            NOON + timedelta(minutes=chance.randrange(40)),
            chance.choice([None, NOON]),
        )
        for number in range(FINDINGS)
    ]
    await install(database.dsn, ())
    async with await psycopg.AsyncConnection.connect(database.dsn) as connection:
        await connection.cursor().executemany(
            "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_seen, closed_at, "
            "closed_by, first_run, last_run) VALUES (%s, %s, %s, %s, %s, %s, %s, 1, 1)",
            [(*row, row[-1] and "run 2") for row in rows],
        )


@pytest.fixture
async def lists(database: Database) -> Any:
    await fill(database)
    async with open_pool(database.dsn) as pool:
        yield PostgresFindingLists(pool)


async def walk(lists: PostgresFindingLists, chosen: FindingFilter) -> list[Finding]:
    """Page to the end; then back to the beginning must show the same pages."""
    pages: list[FindingPage] = []
    after: int | None = None
    while True:
        page = await lists.page(chosen, after=after, findings_max=PAGE)
        assert page.has_earlier == bool(pages)
        pages.append(page)
        if not page.has_later:
            break
        after = page.findings[-1].id
    for number in reversed(range(len(pages) - 1)):
        before = pages[number + 1].findings[0].id
        back = await lists.page(chosen, before=before, findings_max=PAGE)
        assert back.findings == pages[number].findings
        assert (back.has_earlier, back.has_later) == (number > 0, True)
    return [finding for page in pages for finding in page.findings]


def expected(found: list[Finding], chosen: FindingFilter) -> list[Finding]:
    tests: list[Callable[[Finding], bool]] = [
        lambda one: chosen.entity in {None, one.comparison.key.entity},
        lambda one: chosen.verdict in {None, one.comparison.verdict},
        lambda one: chosen.cause in {None, one.comparison.cause},
        lambda one: chosen.is_open in {None, one.closed_at is None},
    ]
    kept = [one for one in found if all(test(one) for test in tests)]
    if chosen.key_prefix is None:
        since = chosen.since or datetime.min.replace(tzinfo=UTC)
        kept = [one for one in kept if one.first_seen >= since]
        return sorted(kept, key=lambda one: (one.first_seen, one.id), reverse=True)
    kept = [
        one for one in kept if (one.comparison.key.parts[0] or "").startswith(chosen.key_prefix)
    ]
    return sorted(kept, key=lambda one: (str(one.comparison.key.parts[0]), one.id))


async def test_every_filter_lists_what_it_says_in_both_directions(
    lists: PostgresFindingLists,
) -> None:
    everything = await walk(lists, FindingFilter())
    assert len({one.id for one in everything}) == FINDINGS
    for entity, verdict, cause, is_open, (since, prefix) in product(
        (None, "session", ""),
        (None, Verdict.DRIFT_MISSING),
        (None, Cause.LOST_WRITE, Cause.NONE),
        (None, True, False),
        ((None, None), (SINCE, None), (None, "ab"), (None, "")),
    ):
        chosen = FindingFilter(entity, verdict, cause, is_open, since, prefix)
        wanted = expected(everything, chosen)
        assert await walk(lists, chosen) == wanted, chosen
        assert await lists.count(chosen) == len(wanted)


@pytest.mark.parametrize("prefix", ["a", "é", "\U0001f600", "\U0010ffff"])
async def test_a_prefix_finds_keys_of_any_characters(
    lists: PostgresFindingLists, prefix: str
) -> None:
    chosen = FindingFilter(key_prefix=prefix)
    found = await walk(lists, chosen)
    assert found == expected(await walk(lists, FindingFilter()), chosen)
    assert found


async def test_an_edge_outside_of_the_list_shows_nothing_of_what_is_outside(
    lists: PostgresFindingLists,
) -> None:
    for chosen in (FindingFilter(key_prefix="ab"), FindingFilter(since=SINCE)):
        inside = await walk(lists, chosen)
        outside = set(await walk(lists, FindingFilter())) - set(inside)
        assert min(len(inside), len(outside)) > 0
        for one in list(outside)[:20]:
            for page in (
                await lists.page(chosen, after=one.id, findings_max=FINDINGS),
                await lists.page(chosen, before=one.id, findings_max=FINDINGS),
            ):
                assert list(page.findings) in ([], inside), chosen


async def test_counting_stops_at_its_limit(lists: PostgresFindingLists) -> None:
    assert await lists.count(FindingFilter(), count_max=10) == 10
    assert await lists.count(FindingFilter(entity="nobody")) == 0


async def test_the_choices_are_the_kinds_that_there_are(lists: PostgresFindingLists) -> None:
    kinds = await lists.kinds()
    assert kinds.entities == ("", "campaign", "session")
    assert kinds.verdicts == (Verdict.DRIFT_DIFFERS, Verdict.DRIFT_MISSING)
    assert kinds.causes == (Cause.FOREIGN_WRITER, Cause.LOST_WRITE)


async def test_one_finding_is_found_by_its_number(lists: PostgresFindingLists) -> None:
    (newest, *_) = (await lists.page(FindingFilter())).findings
    assert await lists.find(newest.id) == newest
    assert await lists.find(10**15) is None


async def test_nothing_is_listed_where_nothing_was_found(database: Database) -> None:
    await install(database.dsn, ())
    async with open_pool(database.dsn) as pool:
        lists = PostgresFindingLists(pool)
        assert await lists.page(FindingFilter()) == FindingPage((), False, False)
        assert (await lists.kinds()).entities == ()


async def test_lists_read_their_indexes_only(
    lists: PostgresFindingLists, database: Database
) -> None:
    del lists
    text = await plan(database, query("finding_kinds"), {})
    assert "Seq Scan on finding" not in text
    assert "finding_by_" in text


@pytest.mark.parametrize(
    ("prefix", "above"),
    [
        ("a", "b"),
        ("az", "a{"),
        ("a\U0010ffff", "b"),
        ("\ud7ff", "\ue000"),
        ("", None),
        ("\U0010ffff", None),
    ],
)
def test_the_text_above_a_prefix(prefix: str, above: str | None) -> None:
    assert above_prefix(prefix) == above
