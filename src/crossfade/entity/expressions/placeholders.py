"""Placeholders of expressions: ``#name`` for attributes, ``:name0`` for values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.javascript import is_numeric

_UNSAFE = re.compile(r"[^A-Za-z0-9_]")


def placeholder(original: str, seen: dict[str, str]) -> str:
    """Return a name that is valid in expressions and unique among `seen`, and add it there.

    Args:
        original: any text.
        seen: the original text of each placeholder so far.
    """
    safe = _UNSAFE.sub("", original)
    if not safe:
        safe = "p"
    elif is_numeric(safe) != is_numeric(original):
        safe = f"p{safe}"
    unique, attempt = safe, 1
    while seen.get(unique, original) != original:
        attempt += 1
        unique = f"{safe}_{attempt}"
    seen[unique] = original
    return unique


class Placeholders:
    """The names and values of one expression under construction.

    Args:
        suffix: the text between a value's name and its number, such as ``_u`` in updates.
        strict: reject a placeholder that would denote two fields.
    """

    def __init__(self, suffix: str = "", *, strict: bool = False) -> None:
        self._strict = strict
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._suffix = suffix
        self._seen: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def format(self, original: str) -> str:
        """Return a name in the form that is valid in expressions."""
        return placeholder(original, self._seen)

    def name(self, original: str, field: str) -> str:
        """Return the placeholder of a field, such as ``#rent``.

        Raises:
            EntityError: 1012 in strict mode, if it denotes another field already.
        """
        text = f"#{self.format(original)}"
        self.enter(text, field)
        return text

    def enter(self, text: str, field: str) -> None:
        """Set the field of a placeholder.

        Raises:
            EntityError: 1012 in strict mode, if it denotes another field already.
        """
        if self._strict and self.names.get(text, field) != field:
            raise collision(text)
        self.names[text] = field

    def value(self, original: str, value: Any) -> str:
        """Return a new placeholder of a value, such as ``:rent0``.

        Raises:
            EntityError: 1012 if it denotes another value already.
        """
        safe = self.format(original)
        number = self._counts.get(safe, 0)
        self._counts[safe] = number + 1
        text = f":{safe}{self._suffix}{number}"
        if text in self.values:
            raise collision(text)
        self.values[text] = value
        return text


def merged(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the placeholders of several expressions; a later one overrides an earlier one."""
    result: dict[str, Any] = {}
    for part in parts:
        result.update(part)
    return result


def distinct(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return the placeholders of two expressions.

    Raises:
        EntityError: 1012 if they share a placeholder with different meanings.
    """
    for text, meaning in second.items():
        if text in first and first[text] != meaning:
            raise collision(text)
    return {**first, **second}


def collision(text: str) -> EntityError:
    """Return the error for a placeholder that would denote two fields or values."""
    return EntityError(
        Code.INVALID_WHERE,
        f"{text} would denote two fields or values in one request; rename an attribute or use "
        "fewer comparisons",
    )
