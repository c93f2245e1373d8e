"""Keys rendered from values, and read back into values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from crossfade.entity.errors import kind_of, refused
from crossfade.entity.javascript import leading_integer, number_text
from crossfade.entity.keys.forms import KeyForm
from crossfade.entity.schema.declarations import Attribute, Casing, Type

KeyValue = str | int | float | Decimal
Values = Mapping[str, Any]
Render = Callable[[Values], KeyValue | None]


def cased(text: str, casing: Casing) -> str:
    """The text in a key's letter case."""
    if casing is Casing.LOWER:
        return text.lower()
    return text.upper() if casing is Casing.UPPER else text


def render(
    form: KeyForm, values: Values, *, tailless: bool = False, with_postfix: bool = True
) -> KeyValue | None:
    """A key from whatever values there are, up to the first one that is absent.

    Args:
        form: the key.
        values: by attribute; None is absent.
        tailless: end right after the last value, without the label that would come next.
        with_postfix: end a complete key of a clustered index with the entity.

    Returns:
        Text, or a number for numeric keys; None for a numeric key without its value.
    """
    if form.numeric:
        return _number(form.names[0], values.get(form.names[0]))
    written = [form.prefix]
    for part in form.parts:
        value = values.get(part.name) if part.name else None
        if value is None and tailless:
            break
        written.append(part.literal)
        if value is None:
            break
        written.append(part.text(value))
    else:
        if with_postfix:
            written.append(form.postfix)
    return cased("".join(written), form.casing)


def complete(form: KeyForm, values: Values) -> bool:
    """Whether every composite of the key has a value."""
    return all(values.get(name) is not None for name in form.names)


def _number(name: str, value: Any) -> KeyValue | None:
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, (int, float, Decimal)):
        return value
    parsed = leading_integer(value) if isinstance(value, str) else None
    if parsed is None:
        raise refused(name, f"the key is a number, and {kind_of(value)} has none to make it of")
    return parsed


def last_literal(form: KeyForm) -> str:
    """What follows the last value of a complete key."""
    return form.parts[-1].literal if form.parts and not form.parts[-1].name else form.postfix


def number_key(form: KeyForm) -> Callable[[Any], KeyValue | None]:
    """A function that makes a numeric key of its composite's value."""
    name = form.names[0]
    return lambda value: _number(name, value)


def full_renderer(form: KeyForm) -> Render:
    """A function that renders the complete key, and gives None when a composite is absent."""
    if form.numeric:
        name = form.names[0]
        return lambda values: _number(name, values.get(name))
    slots = tuple((part.literal, part.name, part.text) for part in form.parts if part.name)
    last = last_literal(form)
    change = _CHANGES.get(form.casing)
    if len(slots) == 1:
        return _one_slot(form, last, change)
    return _many_slots(form.prefix, slots, last, change)


def render_all(
    renderers: tuple[tuple[str, Render], ...], values: Values
) -> dict[str, KeyValue] | None:
    """The keys of one index by field, empty ones left out; None when a composite is absent."""
    keys: dict[str, KeyValue] = {}
    for field, renderer in renderers:
        key = renderer(values)
        if key is None:
            return None
        if key != "":
            keys[field] = key
    return keys


_Change = Callable[[str], str]
_CHANGES: Final[Mapping[Casing, _Change]] = {Casing.LOWER: str.lower, Casing.UPPER: str.upper}


def _one_slot(form: KeyForm, last: str, change: _Change | None) -> Render:
    part = form.parts[0]
    name, text, head = part.name, part.text, form.prefix + part.literal
    plain = part.text("") == ""  # no padding

    def write(values: Values) -> KeyValue | None:
        value = values.get(name)
        if value is None:
            return None
        if not plain or value.__class__ is not str:
            value = text(value)
        written = f"{head}{value}{last}"
        return change(written) if change else written

    return write


def _many_slots(
    prefix: str,
    slots: tuple[tuple[str, str, Callable[[Any], str]], ...],
    last: str,
    change: _Change | None,
) -> Render:
    def write(values: Values) -> KeyValue | None:
        written = prefix
        for literal, name, text in slots:
            value = values.get(name)
            if value is None:
                return None
            written += literal + text(value)
        written += last
        return change(written) if change else written

    return write


def key_pattern(form: KeyForm) -> re.Pattern[str]:
    """The expression that finds the values in a rendered key; JavaScript's dot."""
    slots = "".join(
        re.escape(part.literal) + ("([^\\n\\r\\u2028\\u2029]+)" if part.name else "")
        for part in form.parts
    )
    return re.compile(re.escape(form.prefix) + slots + re.escape(form.postfix), re.IGNORECASE)


def read_key(
    form: KeyForm, pattern: re.Pattern[str], key: Any, attributes: Mapping[str, Attribute]
) -> dict[str, Any] | None:
    """The values in a rendered key, in the key's letter case; None if it is not of this form."""
    if form.numeric and not isinstance(key, str):
        return {form.names[0]: _from_number(key, attributes[form.names[0]].type)}
    found = pattern.fullmatch(key) if isinstance(key, str) else None
    if found is None:
        return None
    return {
        name: _typed(text, attributes[name].type)
        for name, text in zip(form.names, found.groups(), strict=True)
    }


def _from_number(key: Any, type_: Type) -> Any:
    """The value that a numeric key was made of."""
    if type_ is Type.BOOLEAN:
        return bool(key)
    return number_text(key) if type_ is Type.STRING else key


def _typed(text: str, type_: Type) -> Any:
    if type_ is Type.BOOLEAN:
        return text == "true"
    if type_ is Type.NUMBER:
        return _parsed_number(text)
    return text


def _parsed_number(text: str) -> Any:
    """The number a text starts with, as JavaScript's ``parseFloat``, exact."""
    found = re.match(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", text, re.ASCII)
    if found is None:
        return None
    number = Decimal(found[0].strip())
    return int(number) if number == number.to_integral_value() else number
