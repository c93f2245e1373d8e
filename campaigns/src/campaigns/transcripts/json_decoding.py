"""JSON decoding into a type, with errors that name the path or the line, never the content."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from campaigns.decoding import path_of
from campaigns.transcripts.turns import malformed

T = TypeVar("T")


def decode(content: bytes, kind: type[T]) -> T:
    """Return a document as a value of `kind`.

    Raises:
        Invalid: the content is not JSON or nested too deeply, or a field has the wrong type.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        field, expected = path_of(error)
        raise malformed(field, expected, "correct the document") from None
    except msgspec.DecodeError as error:
        line = line_of(error, content)
        raise malformed(f"line {line}", "not JSON", "give well-formed JSON") from None
    except RecursionError:
        raise malformed("the top level", "nested too deeply", "flatten the document") from None


def line_of(error: msgspec.DecodeError, content: bytes) -> int:
    """Return the line of the byte that an error names, or the last line."""
    found = re.search(r"\(byte (\d+)\)", str(error))
    return content.count(b"\n", 0, int(found[1]) if found else len(content)) + 1
