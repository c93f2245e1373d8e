"""Who speaks: counts, colours, other names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from campaigns.transcripts.turns import Turn

COLOURS = 12


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who speaks.

    Attributes:
        name: None for what nobody is named for.
        turns: how often.
        words: how many.
        colour: a number below `COLOURS`, 0 for nobody.
    """

    name: str | None
    turns: int
    words: int
    colour: int


def speakers(turns: Sequence[Turn]) -> tuple[Speaker, ...]:
    """Return who speaks, in the order of their first turns."""
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
    """Return a colour for each name: the name's own, or the next that nobody before it has.

    So a name keeps its colour from one session to the next, as far as its neighbours allow.
    """
    chosen: dict[str, int] = {}
    for name in names:
        own = crc32(name.encode()) % COLOURS
        taken = set(chosen.values())
        free = (one % COLOURS for one in range(own, own + COLOURS) if one % COLOURS not in taken)
        chosen[name] = next(free, own)
    return chosen


def rename(turns: Sequence[Turn], speaker: str, name: str) -> tuple[Turn, ...]:
    """Return the turns with another name for one of those who speak."""
    return tuple(replace(one, speaker=name) if one.speaker == speaker else one for one in turns)


def edit(turns: Sequence[Turn], position: int, one: Turn) -> tuple[Turn, ...]:
    """Return the turns with another one in a position."""
    return (*turns[:position], one, *turns[position + 1 :])
