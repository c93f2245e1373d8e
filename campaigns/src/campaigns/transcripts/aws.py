"""The output of Amazon Transcribe: words with times and, if requested, speakers.

Source: Amazon Transcribe Developer Guide, "Data input and output" and "Partitioning speakers".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from campaigns.transcripts.turns import Turn, malformed, turn

SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
SENTENCE_ENDS = frozenset(".?!…")
TURN_CHARACTERS = 240
"""A turn that is longer ends with its current sentence."""


class Alternative(msgspec.Struct, frozen=True):
    """A candidate for a word; the first one is the most likely."""

    content: str


class Item(msgspec.Struct, frozen=True):
    """A word, or a punctuation mark without a time."""

    alternatives: tuple[Alternative, ...]
    type: str = "pronunciation"
    start_time: str | None = None
    speaker_label: str | None = None


class LabelledItem(msgspec.Struct, frozen=True):
    """The speaker of the word that starts at a time."""

    start_time: str
    speaker_label: str


class LabelledSegment(msgspec.Struct, frozen=True):
    """Consecutive words of one speaker."""

    items: tuple[LabelledItem, ...] = ()


class SpeakerLabels(msgspec.Struct, frozen=True):
    """The speakers of all words."""

    segments: tuple[LabelledSegment, ...] = ()


class AudioSegment(msgspec.Struct, frozen=True):
    """A segment of one speaker."""

    transcript: str
    start_time: str
    speaker_label: str | None = None


class Results(msgspec.Struct, frozen=True):
    """The results of a transcription job."""

    items: tuple[Item, ...] = ()
    audio_segments: tuple[AudioSegment, ...] = ()
    speaker_labels: SpeakerLabels | None = None


def turns_of_results(results: Results) -> Iterator[Turn]:
    """Yield the turns of a job: its audio segments, or else its joined words.

    Raises:
        Invalid: naming the path within the document.
    """
    for number, segment in enumerate(results.audio_segments):
        if segment.transcript.strip():
            place = f"results.audio_segments[{number}]"
            start = seconds(place, segment.start_time)
            yield turn(place, start, segment.speaker_label, segment.transcript)
    if not results.audio_segments:
        yield from turns_of_items(results.items, labels_of(results.speaker_labels))


def turns_of_items(items: Sequence[Item], labels: dict[str, str]) -> Iterator[Turn]:
    """Yield turns of consecutive words of one speaker; split long ones at the end of a sentence."""
    place, start, speaker, words = "", "", None, ""
    for number, item in enumerate(items):
        here = f"results.items[{number}]"
        content = content_of(here, item)
        if item.start_time is None:
            words += content if words else ""
            continue
        label = item.speaker_label or labels.get(item.start_time)
        is_long = len(words) > TURN_CHARACTERS and words[-1] in SENTENCE_ENDS
        if words and (label != speaker or is_long):
            yield turn(place, seconds(place, start), speaker, words)
            words = ""
        if not words:
            place, start, speaker = here, item.start_time, label
        words += f" {content}"
    if words:
        yield turn(place, seconds(place, start), speaker, words)


def content_of(place: str, item: Item) -> str:
    """Return the text of an item.

    Raises:
        Invalid: it has no alternative.
    """
    if not item.alternatives:
        raise malformed(place, "no alternatives", "give the word's content")
    return item.alternatives[0].content


def labels_of(labels: SpeakerLabels | None) -> dict[str, str]:
    """Return speakers by the start time of a word."""
    segments = labels.segments if labels else ()
    return {item.start_time: item.speaker_label for one in segments for item in one.items}


def seconds(place: str, text: str) -> float:
    """Parse a number of seconds.

    Raises:
        Invalid: it is not a number.
    """
    if not SECONDS.fullmatch(text):
        raise malformed(place, "a start_time that is not a number", "give seconds")
    return float(text)
