"""Transcripts for display: a window of lines with colours, times and search matches. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from campaigns.transcripts import (
    Hit,
    Part,
    Speaker,
    Turn,
    digest,
    format_time,
    marked,
    search,
    speakers,
)
from campaigns.transcripts.search import HITS_MAX

WINDOW_TURNS = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A turn for display.

    Attributes:
        position: position of the turn, from 0.
        time: its time as text; empty if unknown.
        speaker: name of the speaker; empty if unknown.
        colour: colour number of the speaker.
        parts: its text, with the search matches marked.
        is_current: whether it contains the selected match.
    """

    position: int
    time: str
    speaker: str
    colour: int
    parts: tuple[Part, ...]
    is_current: bool


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The matches of a search, and the selected one.

    Attributes:
        words: the search words.
        count: number of matches.
        is_capped: whether there may be more matches than `count`.
        number: number of the selected match, from 1; 0 if there is none.
        position: position of the turn with the selected match.
    """

    words: str
    count: int
    is_capped: bool
    number: int
    position: int

    @property
    def previous(self) -> int:
        """Return the number of the previous match; the last one before the first."""
        return self.number - 1 or self.count

    @property
    def next(self) -> int:
        """Return the number of the next match; the first one after the last."""
        return self.number % self.count + 1 if self.count else 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A window of a transcript.

    Attributes:
        lines: the turns of the window.
        start: position of its first turn.
        total: number of turns of the whole transcript.
        speakers: the speakers of the whole transcript.
        result: the search result, None without a search.
    """

    lines: tuple[Line, ...]
    start: int
    total: int
    speakers: tuple[Speaker, ...]
    result: SearchResult | None

    @property
    def end(self) -> int:
        """Return the position after the window."""
        return self.start + len(self.lines)

    @property
    def before(self) -> int | None:
        """Return the start of the previous window, None at the beginning."""
        return max(0, self.start - WINDOW_TURNS) if self.start else None

    @property
    def after(self) -> int | None:
        """Return the start of the next window, None at the end."""
        return self.end if self.end < self.total else None


def read(turns: Sequence[Turn], start: int = 0, words: str = "", number: int = 1) -> Reading:
    """Return a window of a transcript.

    Args:
        turns: the whole transcript.
        start: first turn to show; ignored if a search has matches.
        words: the search words; blank for no search.
        number: number of the match to select, from 1.
    """
    hits = search(turns, words)
    result = search_result(hits, words, number) if words.strip() else None
    if result is not None and result.count:
        start = result.position - result.position % WINDOW_TURNS
    first = min(max(0, start), max(0, len(turns) - 1))
    all_speakers = speakers(turns)
    colours = {one.name: one.colour for one in all_speakers}
    shown = range(first, min(first + WINDOW_TURNS, len(turns)))
    places = spans_of(hits, shown)
    current = result.position if result is not None and result.count else -1
    lines = tuple(
        line_of(turns[at], at, colours[turns[at].speaker], places.get(at, ()), current)
        for at in shown
    )
    return Reading(lines, first, len(turns), all_speakers, result)


def search_result(hits: Sequence[Hit], words: str, number: int) -> SearchResult:
    """Return the result of a search with the match `number` selected."""
    chosen = min(max(1, number), len(hits))
    position = hits[chosen - 1].position if hits else 0
    return SearchResult(words.strip(), len(hits), len(hits) == HITS_MAX, chosen, position)


def spans_of(hits: Sequence[Hit], shown: range) -> Mapping[int, tuple[tuple[int, int], ...]]:
    """Return the match positions within each turn of a window."""
    inside = (hit for hit in hits if hit.position in shown)
    return {
        position: tuple((hit.start, hit.end) for hit in group)
        for position, group in groupby(inside, key=lambda hit: hit.position)
    }


def line_of(
    one: Turn, position: int, colour: int, places: Sequence[tuple[int, int]], current: int
) -> Line:
    """Return a turn for display."""
    return Line(
        position=position,
        time="" if one.t_seconds is None else format_time(one.t_seconds),
        speaker=one.speaker or "",
        colour=colour,
        parts=marked(one.text, places) if places else (Part(one.text),),
        is_current=position == current,
    )


def window_at(position: int) -> int:
    """Return the start of the window that contains a turn."""
    return position - position % WINDOW_TURNS


def seconds_of(turns: Sequence[Turn]) -> float | None:
    """Return the seconds between the first and the last time, None without times."""
    times = [one.t_seconds for one in turns if one.t_seconds is not None]
    return max(times) - min(times) if times else None


def expected_of(one: Turn) -> str:
    """Return the digest that an edit form of a turn carries."""
    return digest(one)
