"""The parts of actions that need no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from campaigns.actions import campaigns, pages, rows
from campaigns.errors import Invalid, NotFound


@dataclass(frozen=True)
class Entry:
    id: str
    created_at: datetime


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Curse of Strahd", "curse-of-strahd"),
        ("  Žofie's   Ünder-dark!! ", "zofie-s-under-dark"),
        ("龍", "campaign"),
        ("x" * 200, "x" * 80),
        ("x" * 79 + " yes", "x" * 79),
    ],
)
def test_a_slug_is_made_of_the_name(name: str, slug: str) -> None:
    assert campaigns.slug_of(name) == slug


def test_a_position_names_the_last_entry_of_a_part() -> None:
    moment = datetime(2026, 1, 1, 12, 0, 0, 123000, tzinfo=UTC)
    entries = [Entry(f"an id {number}", moment) for number in range(3)]
    part = pages.page(entries, 2, "created_at")
    assert [entry.id for entry in part.items] == ["an id 0", "an id 1"]
    assert part.after is not None
    assert pages.position(part.after, rows.session_key) == (moment, "an id 1")
    assert pages.page(entries, 3, "created_at").after is None
    assert pages.page([], 3, "created_at").after is None


@pytest.mark.parametrize("after", ["", "é", "AAAA", "MjAyNi0wMS0wMQ=="])
def test_anything_else_is_no_position(after: str) -> None:
    with pytest.raises(Invalid, match="after"):
        pages.position(after, rows.session_key)


def test_ids_of_campaigns_are_brought_into_their_printed_form() -> None:
    upper = "0F0E0D0C-0B0A-0908-0706-050403020100"
    assert rows.campaign_key(upper) == upper.lower()
    with pytest.raises(NotFound):
        rows.campaign_key("nothing")
