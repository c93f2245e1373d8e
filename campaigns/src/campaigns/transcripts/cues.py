"""Subtitles: SubRip (``.srt``) and WebVTT (``.vtt``).

Source: W3C, "WebVTT: The Web Video Text Tracks Format".
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from campaigns.transcripts.lines import split_speaker
from campaigns.transcripts.times import parse_time
from campaigns.transcripts.turns import Turn, bounded, malformed, turn

Line = tuple[int, str]
ARROW = "-->"
RANGE = re.compile(r"(\S+)\s+-->\s+(\S+)(?:\s.*)?")
ASIDE = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")
# No pattern matches past the next bracket, so that unclosed tags take linear time.
VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]*)>")
TAG = re.compile(r"</?[a-zA-Z0-9][^<>]*>|\{\\[^{}]*\}")
REMEDY = "write 00:00:01.000 --> 00:00:04.000"


def parse_srt(text: str) -> tuple[Turn, ...]:
    """Return the turns of SubRip subtitles.

    Raises:
        Invalid: naming the line.
    """
    return bounded(one for block in blocks(text) for one in cue(block, numbered=True))


def parse_vtt(text: str) -> tuple[Turn, ...]:
    """Return the turns of WebVTT subtitles, without notes, styles and settings.

    Raises:
        Invalid: naming the line.
    """
    head, *rest = blocks(text) or [[(1, "")]]
    number, first = head[0]
    if number != 1 or not re.match(r"WEBVTT(\s|$)", first):
        raise malformed("line 1", "not the first line of WebVTT", "begin the file with WEBVTT")
    for number, line in head[1:]:
        if ARROW in line:
            raise malformed(f"line {number}", "a cue within the header", "put a blank line above")
    cues = (block for block in rest if not ASIDE.match(block[0][1]))
    return bounded(one for block in cues for one in cue(block, numbered=False))


def blocks(text: str) -> list[list[Line]]:
    """Return the blocks of numbered lines that blank lines separate."""
    found: list[list[Line]] = [[]]
    for number, line in enumerate(re.split("\r\n|\r|\n", text), 1):
        if line.strip():
            found[-1].append((number, line.strip()))
        elif found[-1]:
            found.append([])
    return [block for block in found if block]


def cue(block: Sequence[Line], *, numbered: bool) -> Iterator[Turn]:
    """Yield the turns of one cue.

    Raises:
        Invalid: naming the line.
    """
    number, first = block[0]
    lines = list(block)
    if ARROW not in first:
        if numbered and not first.isdecimal():
            raise malformed(f"line {number}", "neither a cue's number nor its times", REMEDY)
        lines = lines[1:]
    if not lines or ARROW not in lines[0][1]:
        raise malformed(f"line {lines[0][0] if lines else number}", "no times of a cue", REMEDY)
    start = start_of(*lines[0])
    place = f"line {lines[0][0]}"
    for speaker, words in voices(" ".join(line for _, line in lines[1:])):
        yield turn(place, start, speaker, words)


def start_of(number: int, line: str) -> float:
    """Return the start of a cue in seconds.

    Raises:
        Invalid: the line is not a time range, or the range ends before it begins.
    """
    place = f"line {number}"
    times = RANGE.fullmatch(line)
    if times is None:
        raise malformed(place, "no two times around the arrow", REMEDY)
    start, end = (parse_time(place, time) for time in times.groups())
    if end < start:
        raise malformed(place, "a cue that ends before it begins", "swap or correct the times")
    return start


def voices(payload: str) -> Iterator[tuple[str | None, str]]:
    """Yield the speaker and text of each part of a cue; none if the cue has only tags."""
    before, *voiced = VOICE.split(payload)
    if plain := without_tags(before):
        yield split_speaker(plain)
    for name, words in zip(voiced[::2], voiced[1::2], strict=True):
        if plain := without_tags(words):
            yield html.unescape(name), plain


def without_tags(payload: str) -> str:
    """Return the text of a cue without tags."""
    return html.unescape(TAG.sub("", payload)).strip()
