"""The generator of the function that builds a struct from a stored item.

The generated function handles the common item: one of this entity, whose values have exactly the
classes that the struct declares. It returns None for an item of another entity, and passes any
other item to the general function, which reads it or raises the error for it. For the struct
``User(id: str, age: int = 0)`` and items with typed values it is::

    def read(item):
        try:
            if item['__edb_e__'] != identifier_1: return None
            if item['__edb_v__'] != identifier_2: return None
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
        except errors_5:
            pass
        return general_0(item)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crossfade.entity.model.codegen import FunctionBuilder
from crossfade.entity.model.model import Model
from crossfade.entity.schema.declarations import Type
from crossfade.entity.values.attribute_values import unmarshal
from crossfade.entity.values.structs import Field, Form, conversion, fields_of
from crossfade.entity.values.transforms import Transform
from crossfade.entity.values.validation import NUMBER_KINDS

Item = Mapping[str, Any]
ReadOwn = Callable[[Item], Any]
_FALL_BACK: Final = "raise TypeError"
_FALLBACK_ERRORS: Final = (KeyError, TypeError, ValueError)
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
class _Location:
    """The location of a field's value in the item.

    Args:
        container: the variable of the item or the map.
        key: the value's name there.
        read: the reader of the stored value; None if the value is stored unchanged.
        null_is_value: whether NULL is a value; otherwise it counts as absent.
    """

    container: str
    key: str
    read: Transform | None = None
    null_is_value: bool = False


_LocationOf = Callable[[Field], _Location]


def generate_reader(model: Model, record: Any, general: ReadOwn, *, typed: bool) -> ReadOwn:
    """Generate the function that builds records of an entity without getters.

    Args:
        model: the entity.
        record: a struct that is constructed from its fields alone; see `is_struct`.
        general: builds the record of any item of this entity, or raises the error for it.
        typed: whether items have DynamoDB's typed values, ``{"S": "text"}``, instead of Python's.
    """
    return _ReaderEmitter(model, typed=typed).build(record, general)


class _ReaderEmitter:
    """The code of one reader function."""

    def __init__(self, model: Model, *, typed: bool) -> None:
        self._model = model
        self._typed = typed
        self._builder = FunctionBuilder("read", "item")
        self._count = 0

    def build(self, record: Any, general: ReadOwn) -> ReadOwn:
        """Return the function for one struct."""
        builder = self._builder
        fall_back = f"return {builder.bind(general, 'general')}(item)"
        with builder.block("try:"):
            for field, text in self._model.identity.items():
                identifier = builder.bind({"S": text}, "identifier") if self._typed else repr(text)
                builder.line(f"if item[{field!r}] != {identifier}: return None")
        with builder.block("except KeyError:"):
            builder.line("return None")
        with builder.block("try:"):
            builder.line(f"return {self._emit_struct(record, self._in_item)}")
        with builder.block(f"except {builder.bind(_FALLBACK_ERRORS, 'errors')}:"):
            builder.line("pass")
        builder.line(fall_back)
        return builder.build()

    def _in_item(self, field: Field) -> _Location:
        """Return the location of the attribute with a field's name; an empty key if none has it."""
        attribute = self._model.attributes.get(field.key)
        if attribute is None:
            return _Location("item", "")
        _, read = self._model.readers[attribute.field]
        changed = attribute.hidden or self._model.targets[field.key].key_text.has_literals
        if attribute.type is Type.SET and not changed and field.form in _SETS:
            read = None
        is_any = attribute.type is Type.ANY and not attribute.hidden
        return _Location("item", attribute.field, read, null_is_value=is_any)

    def _emit_struct(self, record: Any, location_of: _LocationOf) -> str:
        """Read a struct's fields into variables; return the expression that constructs it."""
        arguments = []
        for field in fields_of(record):
            variable = f"v{self._count}"
            self._count += 1
            self._emit_field(field, location_of(field), variable)
            arguments.append(f"{field.name}={variable}" if field.keyword_only else variable)
        return f"{self._builder.bind(record, 'record')}({', '.join(arguments)})"

    def _emit_field(self, field: Field, location: _Location, variable: str) -> None:
        builder = self._builder
        if field.required:
            self._emit_value(field, location, variable, f"{location.container}[{location.key!r}]")
            return
        default = builder.bind(field.default, "default") + ("()" if field.has_factory else "")
        stored = f"found_{variable}"
        builder.line(f"{stored} = {location.container}.get({location.key!r})")
        with builder.block(f"if {stored} is None:"):
            if location.null_is_value and not self._typed:
                builder.line(f"if {location.key!r} in {location.container}: {_FALL_BACK}")
            builder.line(f"{variable} = {default}")
        with builder.block("else:"):
            self._emit_value(field, location, variable, stored)

    def _emit_value(self, field: Field, location: _Location, target: str, stored: str) -> None:
        """Assign a field's value, read from the expression of its stored value, to the target."""
        if self._typed and location.read is None and field.form in _TYPED:
            self._builder.line(f"{target} = {_TYPED[field.form].format(stored)}")
        elif self._typed and location.read is None and field.form is Form.STRUCT:
            self._emit_map(field, target, f"{stored}['M']")
        else:
            self._emit_converted(field, location, target, stored)

    def _emit_converted(self, field: Field, location: _Location, target: str, stored: str) -> None:
        """Assign a field's value as `_emit_value` does, by way of the plain Python value."""
        form = field.form
        if form is Form.STRUCT and location.read is not None:
            form = Form.OTHER  # the reader's result is not the stored map
        if self._typed:
            stored = f"{self._builder.bind(unmarshal, 'unmarshal')}({stored})"
        if location.read is not None:
            stored = f"{self._builder.bind(location.read, 'read')}({stored}, item)"
        self._builder.line(f"{target} = {stored}")
        if form in (Form.ANY, Form.OTHER) and not location.null_is_value:
            self._builder.line(f"if {target} is None: {_FALL_BACK}")
        self._emit_check(field, form, target)

    def _emit_check(self, field: Field, form: Form, target: str) -> None:
        """Check a plain Python value, and copy a container that the item holds too."""
        line, bind = self._builder.line, self._builder.bind
        if form is Form.FLOAT:
            numbers = bind(frozenset(NUMBER_KINDS), "numbers")
            line(f"if {target}.__class__ not in {numbers}: {_FALL_BACK}")
            line(f"{target} = float({target})")
        elif form is Form.OTHER:
            line(f"{target} = {bind(conversion(field), 'convert')}({target})")
        elif form in _CLASSES:
            line(f"if {target}.__class__ is not {_CLASSES[form]}: {_FALL_BACK}")
            if form in _COPIES:
                with self._builder.block(f"for member in {target}:"):
                    line(f"if member.__class__ is not str: {_FALL_BACK}")
                if (copy := _COPIES[form].format(target)) != target:
                    line(f"{target} = {copy}")
            if form is Form.STRUCT:
                self._emit_map(field, target, target)

    def _emit_map(self, field: Field, target: str, stored: str) -> None:
        """Assign the struct read from the map of an expression to the target."""
        container = f"map_{target}"
        self._builder.line(f"{container} = {stored}")
        struct = self._emit_struct(
            field.record, lambda child: _Location(container, child.key, null_is_value=True)
        )
        self._builder.line(f"{target} = {struct}")
