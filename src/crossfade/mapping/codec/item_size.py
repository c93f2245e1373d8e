"""The size of an item as DynamoDB counts it.

Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from crossfade.mapping.codec.numbers import digits_of

# Source: Amazon DynamoDB Developer Guide, "Quotas", item size: 400 KB, names included.
ITEM_BYTES_MAX = 409_600

# JSON syntax around an attribute's name and value, "":{"S":""}, and around a value alone, {"S":""},
_MARKUP_BYTES = 12
_VALUE_MARKUP_BYTES = 9
_CONTAINER_BYTES = 3
_ELEMENT_BYTES = 1
# The most bytes of a value per character of the column's text: UTF-8 has at most four, and no other
# form of a value has more, apart from a container's own three bytes.
BYTES_PER_CHARACTER_MAX = 4


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the size in bytes of an item in DynamoDB's JSON form: its names and values."""
    return sum(_text_bytes(name) + value_bytes(value) for name, value in item.items())


def approximate_item_bytes(content: bytes, attributes: int) -> int:
    """Return the approximate size of an item from its JSON.

    The result is exact for plain text attributes and too large for documents.

    Args:
        content: the item in DynamoDB's JSON.
        attributes: the number of its attributes.
    """
    return len(content) - _MARKUP_BYTES * attributes


def approximate_values_bytes(values: bytes, names: Collection[str]) -> int:
    """Return the approximate size of an item from a JSON array of its values, and its names."""
    return sum(map(len, names)) + len(values) - _VALUE_MARKUP_BYTES * len(names)


def value_bytes(value: Mapping[str, Any]) -> int:
    """Return the size in bytes of a value in DynamoDB's JSON form, without its name."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return _text_bytes(content)
        case "N":
            return number_bytes(content)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return _CONTAINER_BYTES + sum(_ELEMENT_BYTES + value_bytes(each) for each in content)
        case "M":
            return _CONTAINER_BYTES + len(content) * _ELEMENT_BYTES + item_bytes(content)
        case _:
            raise ValueError(f"items written by a mapping have no values of type {kind}")


def number_bytes(text: str) -> int:
    """Return the size of a number: a byte per two significant digits, one, and one for a sign."""
    number = digits_of(text)
    if number is None:
        raise ValueError("not a number")
    return (len(number.digits) + 1) // 2 + 1 + number.is_negative


def _text_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
