"""Transcripts as pages show them: a window of lines, colours, times, what was sought. Pure."""

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
    """A turn as a page shows it.

    Attributes:
        position: the turn's, from 0.
        time: when, as text; empty when unknown.
        speaker: who; empty when unknown.
        colour: the speaker's.
        parts: what, with what was searched for marked.
        is_current: whether the search has led here.
    """

    position: int
    time: str
    speaker: str
    colour: int
    parts: tuple[Part, ...]
    is_current: bool


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        words: what was searched for.
        count: how many places.
        is_capped: whether there may be more.
        number: which of them is shown, from 1; 0 when there is none.
        position: the turn it is in.
    """

    words: str
    count: int
    is_capped: bool
    number: int
    position: int

    @property
    def previous(self) -> int:
        """The place before, around the end."""
        return self.number - 1 or self.count

    @property
    def next(self) -> int:
        """The place after, around the end."""
        return self.number % self.count + 1 if self.count else 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A window of a transcript.

    Attributes:
        lines: the turns of the window.
        start: the first one's position.
        total: how many turns there are.
        speakers: who speaks in the whole transcript.
        result: what was found, None without a search.
    """

    lines: tuple[Line, ...]
    start: int
    total: int
    speakers: tuple[Speaker, ...]
    result: SearchResult | None

    @property
    def end(self) -> int:
        """The position behind the window."""
        return self.start + len(self.lines)

    @property
    def before(self) -> int | None:
        """Where the window before begins."""
        return max(0, self.start - WINDOW_TURNS) if self.start else None

    @property
    def after(self) -> int | None:
        """Where the window after begins."""
        return self.end if self.end < self.total else None


def read(turns: Sequence[Turn], start: int = 0, words: str = "", number: int = 1) -> Reading:
    """Return a window of a transcript.

    Args:
        turns: what was said.
        start: the first turn to show; a search goes to its place instead.
        words: what to search for.
        number: which of the places found to show, from 1.
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
    """Return what a search found, at one of its places."""
    chosen = min(max(1, number), len(hits))
    position = hits[chosen - 1].position if hits else 0
    return SearchResult(words.strip(), len(hits), len(hits) == HITS_MAX, chosen, position)


def spans_of(hits: Sequence[Hit], shown: range) -> Mapping[int, tuple[tuple[int, int], ...]]:
    """Return the places in each turn of a window."""
    inside = (hit for hit in hits if hit.position in shown)
    return {
        position: tuple((hit.start, hit.end) for hit in group)
        for position, group in groupby(inside, key=lambda hit: hit.position)
    }


def line_of(
    one: Turn, position: int, colour: int, places: Sequence[tuple[int, int]], current: int
) -> Line:
    """Return a turn as a page shows it."""
    return Line(
        position=position,
        time="" if one.t_seconds is None else format_time(one.t_seconds),
        speaker=one.speaker or "",
        colour=colour,
        parts=marked(one.text, places) if places else (Part(one.text),),
        is_current=position == current,
    )


def window_at(position: int) -> int:
    """Return where the window with a turn begins."""
    return position - position % WINDOW_TURNS


def seconds_of(turns: Sequence[Turn]) -> float | None:
    """Return how long a transcript goes on, None without times."""
    times = [one.t_seconds for one in turns if one.t_seconds is not None]
    return max(times) - min(times) if times else None


def expected_of(one: Turn) -> str:
    """Return what a form that edits a turn has to carry."""
    return digest(one)
