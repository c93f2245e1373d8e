"""Windows of transcripts, as pages show them."""

from __future__ import annotations

import pytest

from campaigns.transcripts import Part, Turn
from campaigns.web.badges import BADGES
from campaigns.web.reading import WINDOW_TURNS, read, seconds_of
from crossfade.relay.status import DeliveryStatus

TOTAL = 2 * WINDOW_TURNS + 10
SAID = tuple(Turn(float(number), "GM", f"line {number}") for number in range(TOTAL))


@pytest.mark.parametrize(
    ("start", "first", "before", "after"),
    [
        (0, 0, None, WINDOW_TURNS),
        (WINDOW_TURNS, WINDOW_TURNS, 0, 2 * WINDOW_TURNS),
        (5, 5, 0, WINDOW_TURNS + 5),
        (10**6, TOTAL - 1, TOTAL - 1 - WINDOW_TURNS, None),
    ],
)
def test_a_window_knows_its_neighbours(
    start: int, first: int, before: int | None, after: int | None
) -> None:
    found = read(SAID, start)
    assert (found.start, found.before, found.after) == (first, before, after)
    assert found.lines[0].position == first


def test_an_empty_transcript_has_an_empty_window() -> None:
    found = read((), 7, "words", 3)
    assert (found.lines, found.total, found.before, found.after) == ((), 0, None, None)
    assert found.result is not None
    assert found.result.count == 0


def test_a_search_goes_to_its_place_and_around_the_end() -> None:
    last = read(SAID, 0, "LINE 609")
    assert [line.position for line in last.lines if line.is_current] == [609]
    assert last.lines[9].parts == (Part("line 609", is_hit=True),)
    hits = read(SAID, 0, "line 60", 1)
    assert hits.result is not None
    assert (hits.result.count, hits.result.position) == (11, 60)
    assert (hits.result.previous, hits.result.next) == (11, 2)
    beyond = read(SAID, 0, "line 60", 99).result
    assert beyond is not None
    assert (beyond.number, beyond.position, beyond.next) == (11, 609, 1)


def test_blank_words_are_no_search() -> None:
    assert read(SAID, 0, "  ").result is None


def test_a_transcript_lasts_from_its_first_to_its_last_time() -> None:
    assert seconds_of(SAID) == TOTAL - 1
    assert seconds_of((Turn(None, None, "x"),)) is None


def test_every_delivery_status_has_a_badge() -> None:
    assert set(BADGES) == set(DeliveryStatus)
