"""Exports of transcripts: plain text that can be uploaded again, and Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from campaigns.transcripts.lines import render_line
from campaigns.transcripts.times import format_time
from campaigns.transcripts.turns import Turn, one_line

MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:])")
FILE_NAME = re.compile(r"[^\w.-]+", re.ASCII)
FILE_NAME_CHARACTERS_MAX = 80


def export_text(turns: Sequence[Turn]) -> str:
    """Return lines with times, which `parse_text` parses into the same turns."""
    return "".join(f"{render_line(one, timed=True)}\n" for one in turns)


def export_markdown(title: str, turns: Sequence[Turn]) -> str:
    """Return a heading and a paragraph per turn, with all Markdown characters escaped."""
    paragraphs = "\n\n".join(map(paragraph, turns))
    return f"# {escaped(one_line(title))}\n\n{paragraphs}\n"


def paragraph(one: Turn) -> str:
    """Return a turn as a paragraph of Markdown."""
    who = f"**{escaped(one.speaker)}**" if one.speaker is not None else ""
    when = f"({format_time(one.t_seconds)})" if one.t_seconds is not None else ""
    head = " ".join(filter(None, (who, when)))
    return f"{head}{': ' if head else ''}{escaped(one.text)}"


def escaped(text: str) -> str:
    """Escape the Markdown characters of a text."""
    return MARKS.sub(r"\\\1", text)


def file_name(title: str, ending: str) -> str:
    """Return a safe file name for a download: ASCII letters, digits, dots and dashes."""
    plain = FILE_NAME.sub("-", title).strip("-.")[:FILE_NAME_CHARACTERS_MAX].strip("-.")
    return f"{plain or 'transcript'}.{ending}"
