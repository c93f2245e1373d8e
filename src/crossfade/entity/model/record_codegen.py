"""The function that makes a struct of a stored item, written out field by field.

It does the usual item: one of this entity, whose values have exactly the classes that the struct
declares. Another entity's item gives None, and whatever else is unusual is left to the general
function, which settles it or says what is wrong. For the struct ``User(id: str, age: int = 0)`` and
items with typed values it is::

    def read(item):
        try:
            if item['__edb_e__'] != mark_1: return None
            if item['__edb_v__'] != mark_2: return None
        except KeyError:
            return None
        try:
            v0 = item['id']['S']
            found_v1 = item.get('age')
            if found_v1 is None:
                v1 = default_3
            else:
                v1 = int(found_v1['N'])
            return record_4(v0, v1)
        except refused_5:
            pass
        return general_0(item)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crossfade.entity.model.codegen import Source
from crossfade.entity.model.model import Model
from crossfade.entity.schema.declarations import Type
from crossfade.entity.values.attribute_values import unmarshal
from crossfade.entity.values.structs import Field, Form, conversion, fields_of
from crossfade.entity.values.transforms import Transform
from crossfade.entity.values.validation import NUMBER_KINDS

Item = Mapping[str, Any]
ReadOwn = Callable[[Item], Any]
_UNUSUAL: Final = "raise TypeError"
_REFUSED: Final = (KeyError, TypeError, ValueError)
_TYPED: Final = {
    Form.TEXT: "{}['S']",
    Form.INTEGER: "int({}['N'])",
    Form.FLOAT: "float({}['N'])",
    Form.BOOLEAN: "{}['BOOL']",
    Form.TEXTS: "[member['S'] for member in {}['L']]",
    Form.TEXT_SET: "set({}['SS'])",
    Form.FROZEN_TEXT_SET: "frozenset({}['SS'])",
}
_CLASSES: Final = {
    Form.TEXT: "str",
    Form.INTEGER: "int",
    Form.BOOLEAN: "bool",
    Form.TEXTS: "list",
    Form.TEXT_SET: "frozenset",
    Form.FROZEN_TEXT_SET: "frozenset",
    Form.STRUCT: "dict",
}
_COPIES: Final = {
    Form.TEXTS: "[*{}]",
    Form.TEXT_SET: "set({})",
    Form.FROZEN_TEXT_SET: "{}",
}
_SETS: Final = (Form.TEXT_SET, Form.FROZEN_TEXT_SET)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a field's value stands.

    Args:
        container: the variable of the item or the map.
        key: the value's name there.
        read: what reads the stored value, unless it is stored as it is.
        null_is_value: NULL is a value, and not as good as absent.
    """

    container: str
    key: str
    read: Transform | None = None
    null_is_value: bool = False


_PlaceOf = Callable[[Field], _Place]


def written_reader(model: Model, record: Any, general: ReadOwn, *, typed: bool) -> ReadOwn:
    """The function that makes records of an entity without getters.

    Args:
        model: the entity.
        record: a struct that its fields alone make.
        general: makes the record of every item of this entity, or says what is wrong with it.
        typed: items have DynamoDB's typed values, ``{"S": "text"}``, instead of Python's.
    """
    return _ReadCode(model, typed=typed).function(record, general)


class _ReadCode:
    """The source of one function."""

    def __init__(self, model: Model, *, typed: bool) -> None:
        self._model = model
        self._typed = typed
        self._source = Source("read", "item")
        self._count = 0

    def function(self, record: Any, general: ReadOwn) -> ReadOwn:
        """The function for one struct."""
        source = self._source
        give_up = f"return {source.bound(general, 'general')}(item)"
        with source.block("try:"):
            for field, text in self._model.identity.items():
                mark = source.bound({"S": text}, "mark") if self._typed else repr(text)
                source.line(f"if item[{field!r}] != {mark}: return None")
        with source.block("except KeyError:"):
            source.line("return None")
        with source.block("try:"):
            source.line(f"return {self._struct(record, self._in_item)}")
        with source.block(f"except {source.bound(_REFUSED, 'refused')}:"):
            source.line("pass")
        source.line(give_up)
        return source.function()

    def _in_item(self, field: Field) -> _Place:
        """Where the attribute of a field's name stands; nowhere, if there is none."""
        attribute = self._model.attributes.get(field.key)
        if attribute is None:
            return _Place("item", "")
        _, read = self._model.readers[attribute.field]
        changed = attribute.hidden or self._model.targets[field.key].key_text.surrounds
        if attribute.type is Type.SET and not changed and field.form in _SETS:
            read = None
        is_any = attribute.type is Type.ANY and not attribute.hidden
        return _Place("item", attribute.field, read, null_is_value=is_any)

    def _struct(self, record: Any, key_hash_of: _PlaceOf) -> str:
        """Read a struct's fields; the expression that makes it of them."""
        arguments = []
        for field in fields_of(record):
            variable = f"v{self._count}"
            self._count += 1
            self._field(field, key_hash_of(field), variable)
            arguments.append(f"{field.name}={variable}" if field.by_name else variable)
        return f"{self._source.bound(record, 'record')}({', '.join(arguments)})"

    def _field(self, field: Field, place: _Place, variable: str) -> None:
        source = self._source
        if field.required:
            self._present(field, place, variable, f"{place.container}[{place.key!r}]")
            return
        default = source.bound(field.default, "default") + ("()" if field.is_made else "")
        found = f"found_{variable}"
        source.line(f"{found} = {place.container}.get({place.key!r})")
        with source.block(f"if {found} is None:"):
            if place.null_is_value and not self._typed:
                source.line(f"if {place.key!r} in {place.container}: {_UNUSUAL}")
            source.line(f"{variable} = {default}")
        with source.block("else:"):
            self._present(field, place, variable, found)

    def _present(self, field: Field, place: _Place, target: str, found: str) -> None:
        """Leave in the target what the expression of a stored value stands for."""
        if self._typed and place.read is None and field.form in _TYPED:
            self._source.line(f"{target} = {_TYPED[field.form].format(found)}")
        elif self._typed and place.read is None and field.form is Form.STRUCT:
            self._map(field, target, f"{found}['M']")
        else:
            self._read(field, place, target, found)

    def _read(self, field: Field, place: _Place, target: str, found: str) -> None:
        """As `_present`, by way of the Python value."""
        form = field.form
        if form is Form.STRUCT and place.read is not None:
            form = Form.OTHER  # what was read is not the map that is stored
        if self._typed:
            found = f"{self._source.bound(unmarshal, 'unmarshal')}({found})"
        if place.read is not None:
            found = f"{self._source.bound(place.read, 'read')}({found}, item)"
        self._source.line(f"{target} = {found}")
        if form in (Form.ANY, Form.OTHER) and not place.null_is_value:
            self._source.line(f"if {target} is None: {_UNUSUAL}")
        self._plain(field, form, target)

    def _plain(self, field: Field, form: Form, target: str) -> None:
        """Check a Python value, and copy what the record must not share with the item."""
        line, bound = self._source.line, self._source.bound
        if form is Form.FLOAT:
            numbers = bound(frozenset(NUMBER_KINDS), "numbers")
            line(f"if {target}.__class__ not in {numbers}: {_UNUSUAL}")
            line(f"{target} = float({target})")
        elif form is Form.OTHER:
            line(f"{target} = {bound(conversion(field), 'convert')}({target})")
        elif form in _CLASSES:
            line(f"if {target}.__class__ is not {_CLASSES[form]}: {_UNUSUAL}")
            if form in _COPIES:
                with self._source.block(f"for member in {target}:"):
                    line(f"if member.__class__ is not str: {_UNUSUAL}")
                if (copy := _COPIES[form].format(target)) != target:
                    line(f"{target} = {copy}")
            if form is Form.STRUCT:
                self._map(field, target, target)

    def _map(self, field: Field, target: str, found: str) -> None:
        """Read the map of an expression as a struct."""
        container = f"map_{target}"
        self._source.line(f"{container} = {found}")
        made = self._struct(
            field.record, lambda child: _Place(container, child.key, null_is_value=True)
        )
        self._source.line(f"{target} = {made}")
