"""Turns as lines of text: ``[00:12:03] [Speaker] text``, ``Speaker: text`` or just ``text``.

`parse_line` inverts `render_line`: a text that would be parsed as a time or a speaker is written
after empty brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from campaigns.transcripts.times import format_time, parse_time
from campaigns.transcripts.turns import CLOCK, Turn, bounded, turn

TIMED = re.compile(rf"\[({CLOCK.pattern})\]\s*", re.ASCII)
BRACKETED = re.compile(r"\[([^\[\]]{0,120})\]\s*(?=\S)")
# A name before a colon, but not a sentence, a URL or a time.
NAMED = re.compile(r"([^\W\d_][^\[\]:.,;!?]{0,59}):\s+(?=\S)")
NAME_WORDS_MAX = 4


def parse_text(text: str) -> tuple[Turn, ...]:
    """Return the turns of plain text, one per line that is not blank.

    Raises:
        Invalid: naming the line.
    """
    return bounded(turns_of(enumerate(re.split("\r\n|\r|\n", text), 1)))


def turns_of(lines: Iterable[tuple[int, str]]) -> Iterator[Turn]:
    """Yield the turn of each numbered line that is not blank."""
    for number, line in lines:
        if line.strip():
            yield parse_line(f"line {number}", line)


def parse_line(place: str, line: str) -> Turn:
    """Return the turn of one line.

    Raises:
        Invalid: naming the place.
    """
    rest = line.strip()
    t_seconds = None
    timed = TIMED.match(rest)
    if timed is not None:
        t_seconds = parse_time(place, timed[1])
        rest = rest[timed.end() :]
    speaker, words = split_speaker(rest)
    return turn(place, t_seconds, speaker, words)


def split_speaker(text: str) -> tuple[str | None, str]:
    """Return the speaker that a line names, else None, and the text."""
    found = BRACKETED.match(text) or NAMED.match(text)
    if found is None or (len(found[1].split()) > NAME_WORDS_MAX and found.re is NAMED):
        return None, text
    return found[1], text[found.end() :]


def render_line(one: Turn, *, timed: bool) -> str:
    """Return the line that `parse_line` parses into this turn; its time only if `timed`."""
    time = f"[{format_time(one.t_seconds)}] " if timed and one.t_seconds is not None else ""
    if one.speaker is not None:
        return f"{time}[{one.speaker}] {one.text}"
    is_plain = not TIMED.match(one.text) and split_speaker(one.text)[0] is None
    return time + (one.text if is_plain and not BRACKETED.match(one.text) else f"[] {one.text}")


def render_text(turns: Sequence[Turn]) -> str:
    """Return the text to store and search: a line per turn, without times."""
    return "\n".join(render_line(one, timed=False) for one in turns)


def words_said(text: str) -> int:
    """Count the words of a stored text, without names and times."""
    return sum(len(split_speaker(untimed(line))[1].split()) for line in text.split("\n"))


def untimed(line: str) -> str:
    """Return a line without the time at its beginning."""
    rest = line.strip()
    timed = TIMED.match(rest)
    return rest if timed is None else rest[timed.end() :]
