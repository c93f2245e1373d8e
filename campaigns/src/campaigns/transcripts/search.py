"""Search in turns, ignoring case and accents; positions refer to the original text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from campaigns.transcripts.turns import Turn

HITS_MAX = 10_000
AROUND_CHARACTERS = 70


@dataclass(frozen=True, slots=True)
class Hit:
    """A match of a search: position of the turn, start and end in its text."""

    position: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text; `is_hit` marks a match."""

    text: str
    is_hit: bool = False


def search(turns: Sequence[Turn], words: str, hits_max: int = HITS_MAX) -> tuple[Hit, ...]:
    """Return the first `hits_max` matches, in the order of the turns."""
    wanted = folded(words.strip())
    if not wanted:
        return ()
    return tuple(islice(_hits(turns, wanted), hits_max))


def _hits(turns: Sequence[Turn], wanted: str) -> Iterator[Hit]:
    for position, one in enumerate(turns):
        for start, end in spans(one.text, wanted):
            yield Hit(position, start, end)


def spans(text: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each match of folded words in a text."""
    plain = folded(text)
    found = plain.find(wanted)
    if found < 0:
        return
    places = None if text.isascii() else origins(text)
    while found >= 0:
        after = found + len(wanted)
        yield (found, after) if places is None else (places[found], places[after - 1] + 1)
        found = plain.find(wanted, after)


def folded(text: str) -> str:
    """Return a text without case and accents; each character is folded separately."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(one for one in decomposed if not unicodedata.combining(one)).casefold()


def origins(text: str) -> list[int]:
    """Return the position in the original text of each character of the folded text."""
    lengths = {one: len(folded(one)) for one in set(text)}
    return [place for place, one in enumerate(text) for _ in range(lengths[one])]


def marked(text: str, hits: Sequence[tuple[int, int]]) -> tuple[Part, ...]:
    """Split a text into pieces, with the given spans marked."""
    edges = [0, *(edge for hit in hits for edge in hit), len(text)]
    pieces = (
        Part(text[start:end], is_hit=number % 2 == 1)
        for number, (start, end) in enumerate(pairwise(edges))
    )
    return tuple(piece for piece in pieces if piece.text)


def snippet(text: str, hit: tuple[int, int], around: int = AROUND_CHARACTERS) -> tuple[Part, ...]:
    """Return a match with the text around it, cut at word boundaries."""
    start, end = hit
    left, right = max(0, start - around), min(len(text), end + around)
    before, after = text[left:start], text[end:right]
    if left > 0:
        before = "…" + before.partition(" ")[2]
    if right < len(text):
        after = after.rpartition(" ")[0] + "…"
    parts = (Part(before), Part(text[start:end], is_hit=True), Part(after))
    return tuple(part for part in parts if part.text)
