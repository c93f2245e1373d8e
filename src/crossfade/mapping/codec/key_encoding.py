"""DynamoDB keys made from columns: the forms that the entity room works out, filled with texts.

A row has one key and a key has one row. ElectroDB escapes nothing inside keys, so a text that
holds the separator after it is refused where it could be taken for two other texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crossfade.entity import Casing, IndexForm, KeyForm
from crossfade.errors import Unmappable
from crossfade.mapping.codec.encoders import Value, encoder, unmappable
from crossfade.mapping.codec.numbers import SAFE_INTEGER_MAX
from crossfade.mapping.declaration.columns import Column, Rule
from crossfade.mapping.declaration.postgres_types import plain_type, rule_of

# Source: Amazon DynamoDB Developer Guide, "Quotas", partition key and sort key length.
PARTITION_KEY_BYTES_MAX = 2048
SORT_KEY_BYTES_MAX = 1024
_UTF8_BYTES_PER_CHARACTER_MAX = 4
_SAFE_DIGITS = 15

# Texts of these types have one length, so that a separator inside them misleads nobody.
_FIXED_LENGTH_TYPES = {"uuid"}

Texts = Mapping[str, str | None]
KeyText = Callable[[str], str]

_CASES: dict[Casing, KeyText] = {Casing.LOWER: str.lower, Casing.UPPER: str.upper}


@dataclass(frozen=True, slots=True)
class PlainKey:
    """A key that holds the text of one column as it is.

    Attributes:
        head: what stands before the text.
        column: the column.
        tail: what stands after the text.
        characters_max: a text that is not empty and not longer than this fits, whatever it is.
    """

    head: str
    column: str
    tail: str
    characters_max: int


@dataclass(frozen=True, slots=True)
class KeyField:
    """One key field of one shape.

    Attributes:
        name: its name in the table.
        columns: the columns in it.
        render: makes its value from texts that are all present; raises `Unmappable`.
        plain: how, if it is as simple as that for nearly every text; `render` knows the others.
    """

    name: str
    columns: tuple[str, ...]
    render: Callable[[Texts], Value]
    plain: PlainKey | None = None


def table_key_fields(index: IndexForm, by_attribute: Mapping[str, Column]) -> tuple[KeyField, ...]:
    """Return the fields of the table's own key, which refuse what would make two keys one."""
    return tuple(
        _field(form, _slots(form, by_attribute, _table_text), bytes_max)
        for form, bytes_max in _forms(index)
    )


def index_key_fields(index: IndexForm, by_attribute: Mapping[str, Column]) -> tuple[KeyField, ...]:
    """Return the fields of a secondary index; a row has them when it has all their columns."""
    return tuple(
        _field(form, _slots(form, by_attribute, _index_text), bytes_max)
        for form, bytes_max in _forms(index)
    )


def _forms(index: IndexForm) -> tuple[tuple[KeyForm, int], ...]:
    return tuple(zip(index.keys, (PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX), strict=False))


@dataclass(frozen=True, slots=True)
class _Slot:
    """A literal, and the column whose text follows it.

    Attributes:
        before: the literal.
        column: the column.
        text: makes the column's text the key's; raises `Unmappable`.
        is_plain: whether a text that is not refused stands in the key as it is.
    """

    before: str
    column: str
    text: KeyText
    is_plain: bool


def _slots(
    form: KeyForm,
    by_attribute: Mapping[str, Column],
    text_of: Callable[[Column, str], KeyText],
) -> tuple[_Slot, ...]:
    named = [part for part in form.parts if part.name]
    columns = [by_attribute[part.name] for part in named]
    separators = [part.literal for part in named[1:]]
    return tuple(
        _Slot(part.literal, column.name, text_of(column, after), rule_of(column) is Rule.TEXT)
        for part, column, after in zip(named, columns, [*separators, ""], strict=False)
    )


def _field(form: KeyForm, slots: tuple[_Slot, ...], bytes_max: int) -> KeyField:
    columns = tuple(slot.column for slot in slots)
    if form.numeric:
        return KeyField(form.field, columns, _numeric(slots[0]))
    tail = "".join(part.literal for part in form.parts if not part.name) + form.postfix
    text = _cased(_joined(form.prefix, slots, tail), form.casing)
    render = _bounded(text, columns, bytes_max)
    if len(slots) == 1 and slots[0].is_plain and form.casing is Casing.NONE:
        plain = _plain(form.prefix + slots[0].before, slots[0].column, tail, bytes_max)
        return KeyField(form.field, columns, _quick(plain, render), plain)
    return KeyField(form.field, columns, render)


def _plain(head: str, column: str, tail: str, bytes_max: int) -> PlainKey:
    characters_max = bytes_max // _UTF8_BYTES_PER_CHARACTER_MAX - len(head) - len(tail)
    return PlainKey(head, column, tail, characters_max)


def _quick(plain: PlainKey, render: Callable[[Texts], Value]) -> Callable[[Texts], Value]:
    """Return a shortcut for a plain key; what it may refuse is left to `render`."""
    column, head, tail, harmless = plain.column, plain.head, plain.tail, plain.characters_max

    def quick(texts: Texts) -> Value:
        text = texts[column]
        if text and len(text) <= harmless:
            return {"S": f"{head}{text}{tail}"}
        return render(texts)

    return quick


def _numeric(slot: _Slot) -> Callable[[Texts], Value]:
    return lambda texts: {"N": slot.text(_present(texts, slot.column))}


def _joined(prefix: str, slots: tuple[_Slot, ...], tail: str) -> Callable[[Texts], str]:
    def join(texts: Texts) -> str:
        written = [slot.before + slot.text(_present(texts, slot.column)) for slot in slots]
        return f"{prefix}{''.join(written)}{tail}"

    return join


def _present(texts: Texts, column: str) -> str:
    text = texts[column]
    if text is None:
        raise Unmappable(column, "NULL in a key", "add a last shape whose key does without it")
    return text


def _cased(text: Callable[[Texts], str], casing: Casing) -> Callable[[Texts], str]:
    change = _CASES.get(casing)
    return text if change is None else lambda texts: change(text(texts))


def _bounded(
    text: Callable[[Texts], str], columns: tuple[str, ...], bytes_max: int
) -> Callable[[Texts], Value]:
    harmless = bytes_max // _UTF8_BYTES_PER_CHARACTER_MAX

    def render(texts: Texts) -> Value:
        key = text(texts)
        if len(key) > harmless and len(key.encode()) > bytes_max:
            raise Unmappable(
                ", ".join(columns),
                f"a key of {len(key.encode())} bytes",
                f"DynamoDB takes {bytes_max}; key the item by shorter columns",
            )
        return {"S": key}

    return render


def _index_text(column: Column, _: str) -> KeyText:
    return _key_text(column)


def _table_text(column: Column, separator: str) -> KeyText:
    text_of = _key_text(column)
    is_guarded = separator and plain_type(column.type) not in _FIXED_LENGTH_TYPES

    def text(raw: str) -> str:
        key_text = text_of(raw)
        if not key_text:
            raise Unmappable(column.name, "empty text in a key", "give the row an id")
        if is_guarded and (key_text + separator).find(separator) != len(key_text):
            raise Unmappable(
                column.name,
                "text that holds the separator after it in the key",
                f"choose a template whose separator, now {separator!r}, never occurs in it",
            )
        return key_text

    return text


def _key_text(column: Column) -> KeyText:
    match rule_of(column):
        case Rule.TEXT:
            return str
        case Rule.NUMBER:
            return _safe_integer(column.name)
        case Rule.BOOLEAN:
            return {"t": "true", "f": "false"}.__getitem__
        case _:
            return _encoded(column)


def _encoded(column: Column) -> KeyText:
    encode = encoder(column)

    def text(raw: str) -> str:
        try:
            return str(encode(raw)["S"])
        except ValueError as error:
            raise unmappable(column, str(error)) from None

    return text


def _safe_integer(name: str) -> KeyText:
    def text(raw: str) -> str:
        if len(raw) > _SAFE_DIGITS and abs(int(raw)) > SAFE_INTEGER_MAX:
            raise Unmappable(
                name,
                "an integer beyond 2^53 in a key",
                "JavaScript cannot hold it; declare the column with Rule.TEXT",
            )
        return raw

    return text
