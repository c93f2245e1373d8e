"""Search within turns, whatever the case and the accents; positions are those of the original."""

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
    """One place where the words stand: the turn's position, and the characters of its text."""

    position: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text, marked if it is what was searched for."""

    text: str
    is_hit: bool = False


def search(turns: Sequence[Turn], words: str, hits_max: int = HITS_MAX) -> tuple[Hit, ...]:
    """Return the first places where the words stand, in the order of the turns."""
    wanted = folded(words.strip())
    if not wanted:
        return ()
    return tuple(islice(_hits(turns, wanted), hits_max))


def _hits(turns: Sequence[Turn], wanted: str) -> Iterator[Hit]:
    for position, one in enumerate(turns):
        for start, end in spans(one.text, wanted):
            yield Hit(position, start, end)


def spans(text: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Return where folded words stand in a text."""
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
    """Return text without case and accents; each character is folded by itself."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(one for one in decomposed if not unicodedata.combining(one)).casefold()


def origins(text: str) -> list[int]:
    """Return for each character of the folded text which one of the original it comes from."""
    lengths = {one: len(folded(one)) for one in set(text)}
    return [place for place, one in enumerate(text) for _ in range(lengths[one])]


def marked(text: str, hits: Sequence[tuple[int, int]]) -> tuple[Part, ...]:
    """Return a text in pieces, those between the positions marked."""
    edges = [0, *(edge for hit in hits for edge in hit), len(text)]
    pieces = (
        Part(text[start:end], is_hit=number % 2 == 1)
        for number, (start, end) in enumerate(pairwise(edges))
    )
    return tuple(piece for piece in pieces if piece.text)


def snippet(text: str, hit: tuple[int, int], around: int = AROUND_CHARACTERS) -> tuple[Part, ...]:
    """Return what stands around a place, cut at words."""
    start, end = hit
    left, right = max(0, start - around), min(len(text), end + around)
    before, after = text[left:start], text[end:right]
    if left > 0:
        before = "…" + before.partition(" ")[2]
    if right < len(text):
        after = after.rpartition(" ")[0] + "…"
    parts = (Part(before), Part(text[start:end], is_hit=True), Part(after))
    return tuple(part for part in parts if part.text)
