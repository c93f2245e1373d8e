"""Transcripts as JSON: our own format, and those of Whisper and of Amazon Transcribe.

Our format is ``{"turns": [{"t": 12.5, "speaker": "GM", "text": "..."}]}``; `t` and `speaker` are
optional. Unknown fields are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from campaigns.transcripts.aws import Results, turns_of_results
from campaigns.transcripts.json_decoding import decode
from campaigns.transcripts.turns import Turn, bounded, malformed, turn


class OwnTurn(msgspec.Struct, frozen=True):
    """A turn in our own format."""

    text: str
    t: int | float | None = None
    speaker: str | None = None


class Segment(msgspec.Struct, frozen=True):
    """A segment of Whisper; some programs add the speaker."""

    text: str
    start: float | None = None
    speaker: str | None = None


class Document(msgspec.Struct, frozen=True):
    """A document in one of the three formats."""

    turns: tuple[OwnTurn, ...] | None = None
    segments: tuple[Segment, ...] | None = None
    results: Results | None = None


def parse_json(content: bytes) -> tuple[Turn, ...]:
    """Return the turns of a document in any of the three formats.

    Raises:
        Invalid: naming the path within the document.
    """
    return turns_in(decode(content, Document))


def turns_in(document: Document) -> tuple[Turn, ...]:
    """Return the turns of a decoded document.

    Raises:
        Invalid: naming the path within the document.
    """
    if document.turns is not None:
        return bounded(own_turns(document.turns))
    if document.segments is not None:
        return bounded(turns_of_segments(document.segments))
    if document.results is not None:
        return bounded(turns_of_results(document.results))
    remedy = "give turns, Whisper's segments or the results of Amazon Transcribe"
    raise malformed("the top level", "an unknown format", remedy)


def own_turns(turns: Sequence[OwnTurn]) -> Iterator[Turn]:
    """Yield the turns of our own format."""
    for number, one in enumerate(turns):
        yield turn(f"turns[{number}]", one.t, one.speaker, one.text)


def turns_of_segments(segments: Sequence[Segment]) -> Iterator[Turn]:
    """Yield the turns of Whisper's segments, without blank ones."""
    for number, one in enumerate(segments):
        if one.text.strip():
            yield turn(f"segments[{number}]", one.start, one.speaker, one.text)


def render_json(turns: Sequence[Turn]) -> str:
    """Return the turns in our own format, without unknown times and speakers."""
    return msgspec.json.encode({"turns": [fields_of(one) for one in turns]}).decode()


def fields_of(one: Turn) -> dict[str, Any]:
    """Return a turn as an object of our own format."""
    fields = {"t": number_of(one.t_seconds), "speaker": one.speaker, "text": one.text}
    return {name: value for name, value in fields.items() if value is not None}


def number_of(t_seconds: float | None) -> float | None:
    """Return whole seconds as an integer, so that JSON has no `.0`."""
    return int(t_seconds) if t_seconds is not None and t_seconds == int(t_seconds) else t_seconds
