"""The stored transcript of a session as turns: from its text, its JSON document, or both.

The document is used if it has the same content as the text, as it has the times. Otherwise the text
is newer or has another source, and only the text is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from campaigns.errors import Invalid
from campaigns.transcripts.documents import Document, fields_of, turns_in
from campaigns.transcripts.json_decoding import decode
from campaigns.transcripts.lines import parse_line, render_line, render_text
from campaigns.transcripts.turns import Turn, one_line

# Keeps the digits of numbers.
DECODER = msgspec.json.Decoder(float_hook=Decimal)
ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored transcript.

    Attributes:
        turns: the turns to show.
        text: the stored text, or None.
        document: the stored document if the turns come from it and it has our format, else None.
    """

    turns: tuple[Turn, ...]
    text: str | None
    document: str | None


def read_stored(text: str | None, document: str | None) -> Stored:
    """Return the turns of a stored text and document; never raises for malformed content."""
    turns, is_own = turns_of_document(document)
    if turns and text in {None, render_text(turns)}:
        return Stored(turns, text, document if is_own else None)
    lines = filled_lines(text or "")
    return Stored(tuple(shown(line) for _, line in lines), text, None)


def turns_of_document(document: str | None) -> tuple[tuple[Turn, ...], bool]:
    """Return the turns of a document, none if it is malformed, and whether it has our format."""
    if document is None:
        return (), False
    try:
        content = decode(document.encode(), Document)
        return turns_in(content), content.turns is not None
    except Invalid:
        return (), False


def filled_lines(text: str) -> list[tuple[int, str]]:
    """Return the lines that are not blank, with their number from 0."""
    return [(number, line) for number, line in enumerate(text.split("\n")) if line.strip()]


def shown(line: str) -> Turn:
    """Return a stored line as a turn; a malformed line becomes the text of the turn."""
    try:
        return parse_line("line", line)
    except Invalid:
        return Turn(None, None, one_line(line))


def rewrite(stored: Stored, turns: tuple[Turn, ...]) -> Stored:
    """Return the text and document for changed speakers or texts of turns.

    Lines and entries of unchanged turns are kept exactly. The number of turns must be the same.
    """
    changed = {
        position: new
        for position, (old, new) in enumerate(zip(stored.turns, turns, strict=True))
        if old != new
    }
    return Stored(turns, _text(stored, changed), _document(stored.document, changed))


def _text(stored: Stored, changed: dict[int, Turn]) -> str:
    if stored.text is None:
        return render_text([changed.get(at, one) for at, one in enumerate(stored.turns)])
    lines = stored.text.split("\n")
    numbers = [number for number, _ in filled_lines(stored.text)]
    for position, one in changed.items():
        line = lines[numbers[position]]
        lines[numbers[position]] = render_line(one, timed=shown(line).t_seconds is not None)
    return "\n".join(lines)


def _document(document: str | None, changed: dict[int, Turn]) -> str | None:
    if document is None:
        return None
    content: dict[str, Any] = DECODER.decode(document)
    for position, one in changed.items():
        entry = content["turns"][position]
        fields = fields_of(one)
        entry.pop("speaker", None)
        entry.update({name: fields[name] for name in ("speaker", "text") if name in fields})
    return ENCODER.encode(content).decode()
