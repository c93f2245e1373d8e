"""Turns, the parts of a transcript: time, speaker and text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from campaigns.errors import Invalid, Problem

TURNS_MAX = 50_000
TURN_CHARACTERS_MAX = 20_000
SPEAKERS_MAX = 200
SPEAKER_CHARACTERS_MAX = 120
SECONDS_MAX = 10_000_000
FIELD = "transcript"

BREAKS = re.compile("[\t\n\r\x0b\x0c\x85\u2028\u2029]+")
UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
BRACKETS = re.compile(r"[\[\]]")
CLOCK = re.compile(r"-?(?:\d+:)?\d+:\d+(?:[.,]\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of a speaker.

    Attributes:
        t_seconds: time from the start of the recording, to the millisecond; None if unknown.
        speaker: name of the speaker, None if unknown.
        text: the spoken text, on one line.
    """

    t_seconds: float | None
    speaker: str | None
    text: str


def malformed(place: str, kind: str, remedy: str) -> Invalid:
    """Return the error of a malformed transcript; `place` is a line or a path, never content."""
    return Invalid(Problem(FIELD, f"{place}: {kind}", remedy))


def turn(place: str, t_seconds: float | None, speaker: str | None, text: str) -> Turn:
    """Return a validated turn, on one line and without surrounding blanks.

    Args:
        place: the source of the turn, for errors.
        t_seconds: time from the start of the recording.
        speaker: name of the speaker; blank for unknown.
        text: the spoken text.

    Raises:
        Invalid: a part of it is empty, too long or has unsupported characters.
    """
    words = one_line(text)
    if not words:
        raise malformed(place, "no text", "give the turn words, or remove it")
    if len(words) > TURN_CHARACTERS_MAX:
        remedy = f"at most {TURN_CHARACTERS_MAX} fit; split it into several turns"
        raise malformed(place, f"a turn of {len(words)} characters", remedy)
    check_characters(place, words)
    name = speaker_name(place, speaker or "")
    return Turn(None if t_seconds is None else check_time(place, t_seconds), name, words)


def speaker_name(place: str, text: str) -> str | None:
    """Return a validated speaker name, None for a blank one.

    Raises:
        Invalid: it is too long, has a square bracket or a control character, or has the form of a
            time.
    """
    name = one_line(text)
    check_characters(place, name)
    if len(name) > SPEAKER_CHARACTERS_MAX:
        remedy = f"at most {SPEAKER_CHARACTERS_MAX} fit"
        raise malformed(place, f"a speaker of {len(name)} characters", remedy)
    if BRACKETS.search(name):
        raise malformed(place, "a speaker with a square bracket", "leave brackets out of names")
    if CLOCK.fullmatch(name):
        raise malformed(place, "a speaker that reads as a time", "give a name")
    return name or None


def check_time(place: str, t_seconds: float) -> float:
    """Return a time to the millisecond.

    Raises:
        Invalid: it is out of range.
    """
    if not -SECONDS_MAX <= t_seconds <= SECONDS_MAX:
        remedy = f"give seconds from the start, at most {SECONDS_MAX}"
        raise malformed(place, "a time out of range", remedy)
    return round(t_seconds, 3) + 0.0


def bounded(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """Return the turns as a tuple and check their number.

    Raises:
        Invalid: there are no turns, too many turns, or too many speakers.
    """
    kept: list[Turn] = []
    names: set[str | None] = set()
    for one in turns:
        kept.append(one)
        names.add(one.speaker)
        if len(kept) > TURNS_MAX:
            remedy = f"at most {TURNS_MAX} fit; split the session"
            raise malformed(f"turn {len(kept)}", "too many turns", remedy)
        if len(names) > SPEAKERS_MAX + 1:
            remedy = f"at most {SPEAKERS_MAX} fit; write speakers as [Name]"
            raise malformed(f"turn {len(kept)}", "too many speakers", remedy)
    if not kept:
        raise malformed("line 1", "nothing said", "give at least one turn")
    return tuple(kept)


def one_line(text: str) -> str:
    """Replace line breaks and tabs by blanks, and strip surrounding blanks."""
    return (text if text.isprintable() else BREAKS.sub(" ", text)).strip()


def check_characters(place: str, text: str) -> None:
    """Check that a text has no control characters and no lone surrogates.

    Raises:
        Invalid: it has one.
    """
    if not text.isprintable() and UNSTORABLE.search(text):
        raise malformed(place, "a control character", "remove it")


def digest(one: Turn) -> str:
    """Return a digest of a turn, 32 hexadecimal digits."""
    t_ms = None if one.t_seconds is None else round(one.t_seconds * 1000)
    content = json.dumps([t_ms, one.speaker, one.text])
    return hashlib.sha256(content.encode()).hexdigest()[:32]
