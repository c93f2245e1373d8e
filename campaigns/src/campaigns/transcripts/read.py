"""Parse files and pasted text: detect the format, validate the encoding."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import assert_never

from campaigns.transcripts.cues import parse_srt, parse_vtt
from campaigns.transcripts.documents import parse_json
from campaigns.transcripts.lines import parse_text
from campaigns.transcripts.turns import Turn, malformed

TEXT_BYTES_MAX = 2 * 1024 * 1024
JSON_BYTES_MAX = 16 * 1024 * 1024
ARCHIVES = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x28\xb5\x2f",
)
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
CUE = re.compile(r"^[\d:.,]+\s+-->", re.MULTILINE)
BYTE_ORDER_MARK = "\ufeff"


class Form(StrEnum):
    """The format of a transcript; the value is the extension of a file name."""

    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    JSON = "json"


def form_of(file_name: str) -> Form | None:
    """Return the format for the extension of a file name, None if it is unsupported."""
    ending = file_name.rpartition(".")[2].lower()
    return Form(ending) if ending in set(Form) else None


def detect(text: str) -> Form:
    """Return the most likely format of pasted text."""
    start = text.lstrip(BYTE_ORDER_MARK + " \t\r\n")[:400]
    if start.startswith("{"):
        return Form.JSON
    if start.startswith("WEBVTT"):
        return Form.VTT
    return Form.SRT if CUE.search(start) else Form.TXT


def parse(content: bytes, form: Form) -> tuple[Turn, ...]:
    """Return the turns of a file.

    Raises:
        Invalid: the file is too large, is not text, or is malformed; the error names the line, or
            the path in a JSON document.
    """
    text = text_of(content, JSON_BYTES_MAX if form is Form.JSON else TEXT_BYTES_MAX)
    match form:
        case Form.TXT:
            return parse_text(text)
        case Form.SRT:
            return parse_srt(text)
        case Form.VTT:
            return parse_vtt(text)
        case Form.JSON:
            return parse_json(text.encode())
        case _:
            assert_never(form)


def text_of(content: bytes, bytes_max: int) -> str:
    """Decode a file.

    Raises:
        Invalid: it is too large, an archive or not UTF-8, or has control characters.
    """
    if len(content) > bytes_max:
        remedy = f"at most {bytes_max} bytes fit; split the session"
        raise malformed("the file", f"{len(content)} bytes", remedy)
    if content.startswith(ARCHIVES):
        raise malformed("the file", "an archive", "unpack it and give the transcript")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise malformed(f"line {line}", "not UTF-8", "save it as UTF-8") from None
    found = CONTROL.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise malformed(f"line {line}", "a control character", "remove it; give plain text")
    return text.removeprefix(BYTE_ORDER_MARK)
