"""Conversion of JSON texts to DynamoDB values, and back to text in the form of `jsonb`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from crossfade.mapping.codec.numbers import digits_of, misfit, print_plain

# Source: Amazon DynamoDB Developer Guide, "Quotas", nested attribute depth.
DOCUMENT_LEVELS_MAX = 32
_TOO_DEEP = ValueError(f"a document deeper than {DOCUMENT_LEVELS_MAX} levels")


class _Number(str):
    """The text of a JSON number, as opposed to a JSON string."""

    __slots__ = ()


def document(text: str) -> dict[str, Any]:
    """Return a JSON text as a DynamoDB value.

    Raises:
        ValueError: DynamoDB cannot hold the document exactly; the message says why.
    """
    return _typed(_parse(text), DOCUMENT_LEVELS_MAX)


def canonical_json(text: str) -> str:
    """Return a JSON text as `jsonb` prints it, with numbers in their shortest plain form.

    Raises:
        ValueError: the text is not JSON or nested too deeply, or an object has a duplicate key.
    """
    try:
        return _print(_parse(text))
    except RecursionError:
        raise _TOO_DEEP from None


def print_document(value: Mapping[str, Any]) -> str:
    """Return the canonical JSON text of a DynamoDB value.

    Raises:
        ValueError: the value has a type that JSON lacks.
    """
    return _print(_untyped(value))


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise _TOO_DEEP from None
    except json.JSONDecodeError:
        raise ValueError("not a JSON text") from None


def _refuse_constant(_: str) -> Any:
    raise ValueError("not a JSON text")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a document with a duplicate key in an object")
    return members


def _typed(parsed: Any, levels: int) -> dict[str, Any]:
    match parsed:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": parsed}
        case _Number():
            return {"N": _checked_number(parsed)}
        case str():
            return {"S": _checked_text(parsed)}
    if levels == 0:
        raise _TOO_DEEP
    if isinstance(parsed, list):
        return {"L": [_typed(each, levels - 1) for each in parsed]}
    return {"M": {_checked_name(name): _typed(each, levels - 1) for name, each in parsed.items()}}


def _checked_number(text: str) -> str:
    reason = misfit(text)
    if reason is not None:
        raise ValueError(f"a document with {reason}")
    return str(text)


def _checked_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a document with a lone surrogate") from None
    return text


def _checked_name(name: str) -> str:
    if not name:
        raise ValueError("a document with an empty key in an object")
    return _checked_text(name)


def _untyped(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "NULL":
            return None
        case "S" | "BOOL":
            return content
        case "N":
            return _Number(content)
        case "L":
            return [_untyped(each) for each in content]
        case "M":
            return {name: _untyped(each) for name, each in content.items()}
    raise ValueError(f"a value of type {kind}")


def _print(parsed: Any) -> str:
    if isinstance(parsed, _Number):
        return _print_number(parsed)
    if isinstance(parsed, Mapping):
        members = sorted(parsed.items(), key=lambda member: _jsonb_order(member[0]))
        return "{" + ", ".join(f"{_print(name)}: {_print(each)}" for name, each in members) + "}"
    if isinstance(parsed, Sequence) and not isinstance(parsed, str):
        return "[" + ", ".join(map(_print, parsed)) + "]"
    return json.dumps(parsed, ensure_ascii=False)


def _print_number(text: str) -> str:
    number = digits_of(text)
    if number is None:
        raise ValueError("not a number")
    return print_plain(number)


def _jsonb_order(name: str) -> tuple[int, bytes]:
    encoded = name.encode("utf-8", "surrogatepass")
    return len(encoded), encoded
