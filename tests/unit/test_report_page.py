"""The report: self-contained, complete, honest about shares, safe against what keys contain."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from crossfade.cli.report_page import page
from crossfade.parity.model import Verdict
from crossfade.postgres.monitoring.history import (
    EntityHistory,
    History,
    PastFinding,
    PastRun,
    SlowKey,
    VerdictCount,
)
from crossfade.rendering import HEIGHT, WIDTH, chart, count, counted, duration, floor_below, percent
from crossfade.rendering.charts import MARGIN

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

EARLIER = NOON - timedelta(minutes=7)


def past_run(number: int, *, equal: int = 1000, drifted: int = 0, lagging: int = 3) -> PastRun:
    began = NOON + timedelta(hours=number)
    return PastRun(
        id=number,
        kind="full",
        is_deep=number % 2 == 0,
        state="finished",
        started_at=began,
        finished_at=began + timedelta(minutes=3),
        source_rows=equal,
        target_items=equal,
        equal_keys=equal,
        lagging_keys=lagging,
        racing_keys=0,
        parked_keys=0,
        drifted_keys=drifted,
        orphan_objects=0,
        read_units=512.5,
        root_digest="0" * 32,
    )


EMPTY = History(NOON, (), (), (), (), ())
FULL = History(
    taken_at=NOON,
    runs=tuple(past_run(number, drifted=number % 3) for number in range(1, 9)),
    entities=(
        EntityHistory("session", "public.s", 12_345, 7, 1, 83, 2, NOON, NOON, EARLIER, 9, 0.75),
        EntityHistory("user", "public.users", 20, 0, 0, None, 0, None, NOON, NOON, 0, None),
    ),
    verdicts=(VerdictCount(Verdict.DRIFT_DIFFERS, 2, 5),),
    findings=(
        PastFinding(
            9, "session", ("<script>alert(1)</script>", None), Verdict.DRIFT_DIFFERS,
            ("name",), "overwritten in the target", NOON, NOON, None, None,
        ),
        PastFinding(
            8, "", ("PK", "SK"), Verdict.DRIFT_FOREIGN, (), "foreign writer", NOON, NOON,
            NOON, "repair by me",
        ),
    ),
    slowest=(SlowKey("session", ("s1", None), 7200.0, 4, "TooLarge: the item has 500000 bytes"),),
)  # fmt: skip


class Outline(HTMLParser):
    """Collects tags; fails on ones that are not closed in order."""

    VOID = frozenset({"meta", "line", "polyline"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("history", [EMPTY, FULL, replace(FULL, runs=FULL.runs[:1])])
def test_the_page_is_whole_and_needs_nothing_else(history: History) -> None:
    html = page(history)
    outline = Outline()
    outline.feed(html)
    assert outline.open == []
    assert not outline.tags & {"script", "link", "img", "iframe", "object"}
    assert not outline.attributes & {"src", "href", "onload", "onclick"}
    assert not re.search(r"https?://|url\(|@import", html)


def test_what_a_key_contains_is_shown_and_not_run() -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;/-" in page(FULL)


def test_the_page_shows_parity_lag_findings_and_slowest_keys() -> None:
    html = page(FULL)
    for fact in ("99.8", "2.0 h", "12\N{NARROW NO-BREAK SPACE}345", "1.4 min", "repair by me"):
        assert fact in html
    assert "every write through 2026-03-01 11:53:00 UTC" in html
    assert html.count("<circle") == 2 * len(FULL.runs)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "100 %"),
        (0.9999999, "99.9999 %"),
        (0.5, "50 %"),
        (0.0, "0 %"),
        (None, "\N{EN DASH}"),
    ],
)
def test_a_share_is_never_rounded_up_to_all(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_numbers_and_times_are_readable() -> None:
    assert count(1_234_567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"
    assert [duration(one) for one in (0.25, 90, 7200, 172_800)] == [
        "0.2 s", "1.5 min", "2.0 h", "2.0 d",
    ]  # fmt: skip
    assert [counted(number, "key") for number in (0, 1, 2)] == ["0 keys", "1 key", "2 keys"]


def test_a_chart_stays_within_its_edges() -> None:
    drawn = chart([(0, 0.0, "a"), (5, 1.0, "b"), (10, 9.0, "c")], low=0.0, high=1.0)
    assert [dot.x for dot in drawn.dots] == [MARGIN, WIDTH / 2, WIDTH - MARGIN]
    assert [dot.y for dot in drawn.dots] == [HEIGHT - MARGIN, MARGIN, MARGIN]
    assert chart([], low=0.0, high=1.0).dots == ()


@pytest.mark.parametrize(
    ("shares", "floor"), [([1.0], 0.99), ([0.95], 0.9), ([0.99], 0.9), ([0.2], 0.0), ([], 0.99)]
)
def test_the_floor_lets_small_differences_show(shares: list[float], floor: float) -> None:
    assert floor_below(shares) == floor
