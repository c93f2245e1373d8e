"""Speakers: counts, colours, renaming; and the replacement of a turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from campaigns.transcripts.turns import Turn

COLOURS = 12


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker.

    Attributes:
        name: None for turns without a speaker.
        turns: number of turns.
        words: number of words.
        colour: a number below `COLOURS`; 0 without a name.
    """

    name: str | None
    turns: int
    words: int
    colour: int


def speakers(turns: Sequence[Turn]) -> tuple[Speaker, ...]:
    """Return the speakers, in the order of their first turns."""
    counts: dict[str | None, tuple[int, int]] = {}
    for one in turns:
        said, words = counts.get(one.speaker, (0, 0))
        counts[one.speaker] = (said + 1, words + len(one.text.split()))
    chosen = colours(name for name in counts if name is not None)
    return tuple(
        Speaker(name, said, words, chosen[name] if name is not None else 0)
        for name, (said, words) in counts.items()
    )


def colours(names: Iterable[str]) -> dict[str, int]:
    """Return a colour for each name: by the hash of the name, or else the next free one.

    So a name mostly keeps its colour from one session to the next.
    """
    chosen: dict[str, int] = {}
    for name in names:
        own = crc32(name.encode()) % COLOURS
        taken = set(chosen.values())
        free = (one % COLOURS for one in range(own, own + COLOURS) if one % COLOURS not in taken)
        chosen[name] = next(free, own)
    return chosen


def rename(turns: Sequence[Turn], speaker: str, name: str) -> tuple[Turn, ...]:
    """Return the turns with a speaker renamed."""
    return tuple(replace(one, speaker=name) if one.speaker == speaker else one for one in turns)


def edit(turns: Sequence[Turn], position: int, one: Turn) -> tuple[Turn, ...]:
    """Return the turns with the one at `position` replaced."""
    return (*turns[:position], one, *turns[position + 1 :])
