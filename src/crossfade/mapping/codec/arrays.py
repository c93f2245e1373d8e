"""Parsing and printing of PostgreSQL's array literals.

Source: PostgreSQL documentation, "Arrays", "Array Input and Output Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Array = list["str | Array | None"]

EMPTY = "{}"

_MALFORMED = "a text that is not an array literal"

# A literal's tokens: a brace, a comma, a quoted element, or a bare one.
_TOKEN = re.compile(r'([{},])|"((?:[^"\\]|\\.)*)"|([^{},"\\]+)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_TO_ESCAPE = re.compile(r'(["\\])')
_BARE = re.compile(r'[^{},"\\ \t\n\r\v\f]+')
_BARE_ELEMENTS = re.compile(rf"{_BARE.pattern}(?:,{_BARE.pattern})*")


def parse_array(literal: str) -> Array | None:
    """Return an array's elements as text: None for NULL, a list for an inner array.

    Args:
        literal: as PostgreSQL prints it.

    Returns:
        None if the literal has lower bounds, such as ``[0:1]={a,b}``, which a list cannot express.

    Raises:
        ValueError: the text is not an array literal.
    """
    if literal[:1] == "{" and '"' not in literal and literal.find("{", 1) < 0:
        return _parse_simple(literal)
    if literal[:1] == "[":
        return None
    root: Array = []
    open_lists: list[Array] = [root]
    end = 0
    for match in _TOKEN.finditer(literal):
        if match.start() != end:
            break
        end = match.end()
        _add_token(match, open_lists)
    if end != len(literal) or len(open_lists) != 1 or len(root) != 1:
        raise ValueError(_MALFORMED)
    if not isinstance(root[0], list):
        raise ValueError(_MALFORMED)  # noqa: TRY004 - an invalid text, not an invalid type
    return root[0]


def _parse_simple(literal: str) -> Array:
    """Parse an array of one dimension without quoted elements."""
    if literal == EMPTY:
        return []
    if literal[-1] != "}":
        raise ValueError(_MALFORMED)
    return [None if each == "NULL" else each for each in literal[1:-1].split(",")]


def _add_token(match: re.Match[str], open_lists: list[Array]) -> None:
    delimiter, quoted, bare = match.groups()
    if bare is not None:
        open_lists[-1].append(None if bare == "NULL" else bare)
    elif quoted is not None:
        open_lists[-1].append(_ESCAPE.sub(r"\1", quoted) if "\\" in quoted else quoted)
    elif delimiter == "{":
        inner: Array = []
        open_lists[-1].append(inner)
        open_lists.append(inner)
    elif delimiter == "}" and len(open_lists) > 1:
        open_lists.pop()
    elif delimiter == "}":
        raise ValueError(_MALFORMED)


def print_array(elements: Sequence[str | Array | None]) -> str:
    """Return the literal of an array, quoted exactly as PostgreSQL quotes it."""
    return "{" + ",".join(map(_print_element, elements)) + "}"


def print_texts(texts: Sequence[str]) -> str:
    """Return the literal of an array of one dimension without NULL elements."""
    joined = ",".join(texts)
    if (
        _BARE_ELEMENTS.fullmatch(joined)
        and joined.count(",") == len(texts) - 1
        and "null" not in joined.lower()
    ):
        return f"{{{joined}}}"
    return print_array(texts)


def _print_element(element: str | Array | None) -> str:
    if element is None:
        return "NULL"
    if isinstance(element, list):
        return print_array(element)
    if _BARE.fullmatch(element) and element.upper() != "NULL":
        return element
    return '"' + _TO_ESCAPE.sub(r"\\\1", element) + '"'
