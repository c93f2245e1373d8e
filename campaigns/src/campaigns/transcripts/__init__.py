"""Transcripts as values: parse common formats, search, edit, render. Pure."""

from __future__ import annotations

from campaigns.transcripts.documents import parse_json, render_json
from campaigns.transcripts.exports import export_markdown, export_text, file_name
from campaigns.transcripts.lines import parse_text, render_text, words_said
from campaigns.transcripts.read import JSON_BYTES_MAX, Form, detect, form_of, parse
from campaigns.transcripts.search import Hit, Part, folded, marked, search, snippet, spans
from campaigns.transcripts.speakers import COLOURS, Speaker, colours, edit, rename, speakers
from campaigns.transcripts.stored import Stored, filled_lines, read_stored, rewrite, shown
from campaigns.transcripts.times import format_time
from campaigns.transcripts.turns import Turn, digest, speaker_name, turn

__all__ = [
    "COLOURS",
    "JSON_BYTES_MAX",
    "Form",
    "Hit",
    "Part",
    "Speaker",
    "Stored",
    "Turn",
    "colours",
    "detect",
    "digest",
    "edit",
    "export_markdown",
    "export_text",
    "file_name",
    "filled_lines",
    "folded",
    "form_of",
    "format_time",
    "marked",
    "parse",
    "parse_json",
    "parse_text",
    "read_stored",
    "rename",
    "render_json",
    "render_text",
    "rewrite",
    "search",
    "shown",
    "snippet",
    "spans",
    "speaker_name",
    "speakers",
    "turn",
    "words_said",
]
