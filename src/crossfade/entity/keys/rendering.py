"""Rendering of keys from values, and parsing of keys into values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from crossfade.entity.errors import invalid_value, kind_of
from crossfade.entity.javascript import leading_integer, number_text
from crossfade.entity.keys.forms import KeyForm
from crossfade.entity.schema.declarations import Attribute, Casing, Type

KeyValue = str | int | float | Decimal
Values = Mapping[str, Any]
Render = Callable[[Values], KeyValue | None]


def cased(text: str, casing: Casing) -> str:
    """Return the text in a key's letter case."""
    if casing is Casing.LOWER:
        return text.lower()
    return text.upper() if casing is Casing.UPPER else text


def render(
    form: KeyForm, values: Values, *, omit_next_literal: bool = False, with_postfix: bool = True
) -> KeyValue | None:
    """Return a key, rendered up to the first absent value.

    Args:
        form: the key.
        values: by attribute; None is absent.
        omit_next_literal: whether to omit the literal before the first absent value.
        with_postfix: whether to append the postfix to a complete key; see `KeyForm`.

    Returns:
        A string, or a number for a numeric key; None for a numeric key without its value.

    Raises:
        EntityError: 3001 for a value that has no text, or no number in a numeric key.
    """
    if form.numeric:
        return _number(form.names[0], values.get(form.names[0]))
    written = [form.prefix]
    for part in form.parts:
        value = values.get(part.name) if part.name else None
        if value is None and omit_next_literal:
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
    """Return whether every composite of the key has a value."""
    return all(values.get(name) is not None for name in form.names)


def _number(name: str, value: Any) -> KeyValue | None:
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, (int, float, Decimal)):
        return value
    parsed = leading_integer(value) if isinstance(value, str) else None
    if parsed is None:
        raise invalid_value(
            name, f"the key is a number, to which {kind_of(value)} cannot be converted"
        )
    return parsed


def last_literal(form: KeyForm) -> str:
    """Return the text after the last value of a complete key."""
    return form.parts[-1].literal if form.parts and not form.parts[-1].name else form.postfix


def number_key(form: KeyForm) -> Callable[[Any], KeyValue | None]:
    """Return the function from a composite's value to its numeric key."""
    name = form.names[0]
    return lambda value: _number(name, value)


def full_renderer(form: KeyForm) -> Render:
    """Return a function that renders the complete key; None if a composite is absent."""
    if form.numeric:
        name = form.names[0]
        return lambda values: _number(name, values.get(name))
    slots = tuple((part.literal, part.name, part.text) for part in form.parts if part.name)
    last = last_literal(form)
    change = _CASE_CHANGES.get(form.casing)
    if len(slots) == 1:
        return _one_slot(form, last, change)
    return _many_slots(form.prefix, slots, last, change)


def render_all(
    renderers: tuple[tuple[str, Render], ...], values: Values
) -> dict[str, KeyValue] | None:
    """Return the keys of one index by field, without empty ones; None if a composite is absent."""
    keys: dict[str, KeyValue] = {}
    for field, renderer in renderers:
        key = renderer(values)
        if key is None:
            return None
        if key != "":
            keys[field] = key
    return keys


_Change = Callable[[str], str]
_CASE_CHANGES: Final[Mapping[Casing, _Change]] = {Casing.LOWER: str.lower, Casing.UPPER: str.upper}


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
    """Return the pattern that matches the values in a key; a value has no JavaScript line end."""
    slots = "".join(
        re.escape(part.literal) + ("([^\\n\\r\\u2028\\u2029]+)" if part.name else "")
        for part in form.parts
    )
    return re.compile(re.escape(form.prefix) + slots + re.escape(form.postfix), re.IGNORECASE)


def read_key(
    form: KeyForm, pattern: re.Pattern[str], key: Any, attributes: Mapping[str, Attribute]
) -> dict[str, Any] | None:
    """Return the values in a key, in the key's letter case; None if it is not of this form."""
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
    """Return the composite's value for a numeric key."""
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
    """Return the number at the start of a text, as JavaScript's ``parseFloat`` does, but exact."""
    found = re.match(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", text, re.ASCII)
    if found is None:
        return None
    number = Decimal(found[0].strip())
    return int(number) if number == number.to_integral_value() else number
