"""DynamoDB keys from columns, by the key forms of `crossfade.entity`.

Rows and keys are one to one. ElectroDB escapes nothing inside keys, so a text that contains the
separator after it is refused where two rows could otherwise share a key.
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

# Texts of these types have a fixed length, so that a separator inside them is unambiguous.
_FIXED_LENGTH_TYPES = {"uuid"}

Texts = Mapping[str, str | None]
KeyText = Callable[[str], str]

_CASES: dict[Casing, KeyText] = {Casing.LOWER: str.lower, Casing.UPPER: str.upper}


@dataclass(frozen=True, slots=True)
class PlainKey:
    """A key that contains the unchanged text of one column.

    Attributes:
        head: the literal before the text.
        column: the column in PostgreSQL.
        tail: the literal after the text.
        characters_max: the length up to which every non-empty text fits.
    """

    head: str
    column: str
    tail: str
    characters_max: int


@dataclass(frozen=True, slots=True)
class KeyField:
    """One key field of one shape.

    Attributes:
        name: the field's name in the table.
        columns: the columns that the key contains.
        render: returns the key's value from a row in which all these columns are present, or raises
            `Unmappable`.
        plain: a short form of `render` for common texts; None if there is none.
    """

    name: str
    columns: tuple[str, ...]
    render: Callable[[Texts], Value]
    plain: PlainKey | None = None


def table_key_fields(index: IndexForm, by_attribute: Mapping[str, Column]) -> tuple[KeyField, ...]:
    """Return the fields of the table's own key, which refuse texts that make keys ambiguous."""
    return tuple(
        _field(form, _slots(form, by_attribute, _table_text), bytes_max)
        for form, bytes_max in _forms(index)
    )


def index_key_fields(index: IndexForm, by_attribute: Mapping[str, Column]) -> tuple[KeyField, ...]:
    """Return the key fields of a secondary index; a row with all their columns has them."""
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
        column: the column in PostgreSQL.
        text: converts the column's text to the key's, or raises `Unmappable`.
        is_plain: whether the key contains the column's text unchanged.
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
        return KeyField(form.field, columns, _with_shortcut(plain, render), plain)
    return KeyField(form.field, columns, render)


def _plain(head: str, column: str, tail: str, bytes_max: int) -> PlainKey:
    characters_max = bytes_max // _UTF8_BYTES_PER_CHARACTER_MAX - len(head) - len(tail)
    return PlainKey(head, column, tail, characters_max)


def _with_shortcut(plain: PlainKey, render: Callable[[Texts], Value]) -> Callable[[Texts], Value]:
    """Return `render` with a shortcut for texts that cannot be refused."""
    column, head, tail, safe = plain.column, plain.head, plain.tail, plain.characters_max

    def shortcut(texts: Texts) -> Value:
        text = texts[column]
        if text and len(text) <= safe:
            return {"S": f"{head}{text}{tail}"}
        return render(texts)

    return shortcut


def _numeric(slot: _Slot) -> Callable[[Texts], Value]:
    return lambda texts: {"N": slot.text(_present(texts, slot.column))}


def _joined(prefix: str, slots: tuple[_Slot, ...], tail: str) -> Callable[[Texts], str]:
    def join(texts: Texts) -> str:
        parts = [slot.before + slot.text(_present(texts, slot.column)) for slot in slots]
        return f"{prefix}{''.join(parts)}{tail}"

    return join


def _present(texts: Texts, column: str) -> str:
    text = texts[column]
    if text is None:
        raise Unmappable(
            column, "NULL in a key", "add a last shape whose key does not use the column"
        )
    return text


def _cased(text: Callable[[Texts], str], casing: Casing) -> Callable[[Texts], str]:
    change = _CASES.get(casing)
    return text if change is None else lambda texts: change(text(texts))


def _bounded(
    text: Callable[[Texts], str], columns: tuple[str, ...], bytes_max: int
) -> Callable[[Texts], Value]:
    safe_characters = bytes_max // _UTF8_BYTES_PER_CHARACTER_MAX

    def render(texts: Texts) -> Value:
        key = text(texts)
        if len(key) > safe_characters and len(key.encode()) > bytes_max:
            raise Unmappable(
                ", ".join(columns),
                f"a key of {len(key.encode())} bytes",
                f"DynamoDB allows {bytes_max}; use shorter columns in the key",
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
                "text that contains the separator after it in the key",
                f"use a separator that never occurs in the text instead of {separator!r}",
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
