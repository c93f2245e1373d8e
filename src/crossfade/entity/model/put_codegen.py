"""The generator of the function that builds an entity's items.

The generated function handles the common put: every value has exactly its attribute's class, and
each index gets all of its composites or none. Any other put, including one with a wrong value, goes
to the general function. For an entity with the attributes ``id`` and ``title``, of which only
``id`` is required, it is::

    def put(given):
        get = given.get
        v0 = get('id')
        if v0.__class__ is not str: return general(given)
        v1 = get('title')
        if v1.__class__ is not str and v1 is not None: return general(given)
        item = {'id': v0, 'title': v1, 'pk': 'USER#' + v0, '__edb_e__': 'user', '__edb_v__': '1'}
        if v1 is None: del item['title']
        return item
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from crossfade.entity.keys.forms import IndexForm, KeyForm, Part
from crossfade.entity.keys.rendering import last_literal, number_key
from crossfade.entity.model.codegen import FunctionBuilder
from crossfade.entity.model.model import Model
from crossfade.entity.model.value_codegen import (
    ValueEmitter,
    is_always_present,
    is_emittable,
    is_string,
)
from crossfade.entity.schema.declarations import Attribute, Casing, Type
from crossfade.entity.values.transforms import Transform
from crossfade.entity.values.validation import Accept, Faults, raise_faults

MakeItem = Callable[[Mapping[str, Any]], dict[str, Any]]
_CASE_CHANGES: Final = {Casing.LOWER: ".lower()", Casing.UPPER: ".upper()"}


def generate_put(model: Model, general: MakeItem) -> MakeItem:
    """Generate the function that builds the items of an entity without setters and conditions.

    Args:
        model: the entity.
        general: builds the item of any put, or raises the error for it.
    """
    return _PutEmitter(model, general).build()


class _PutEmitter:
    """The code of one entity's put function; ``v3`` is the variable of the fourth attribute."""

    def __init__(self, model: Model, general: MakeItem) -> None:
        self._model = model
        self._attributes = model.attributes
        self._variables = {name: f"v{position}" for position, name in enumerate(model.attributes)}
        self._builder = FunctionBuilder("put", "given")
        self._general = self._builder.bind(general, "general")

    def build(self) -> MakeItem:
        """Return the function."""
        self._builder.line("get = given.get")
        self._fall_back = self._emit_defaults()
        self._values = ValueEmitter(self._builder, self._fall_back, strict=self._model.strict)
        if self._model.strict:
            known = self._builder.bind(frozenset(self._attributes), "known")
            self._builder.line(f"if not given.keys() <= {known}: {self._fall_back}")
        for name, attribute in self._attributes.items():
            self._emit_attribute(name, attribute)
        self._emit_item()
        self._builder.line("return item")
        return self._builder.build()

    def _emit_defaults(self) -> str:
        """Call each default function once; return the statement that falls back, with its values.

        Without those values, the general function would call the default functions again.
        """
        computed = {
            name: f"default_{variable}"
            for name, variable in self._variables.items()
            if callable(self._attributes[name].default)
        }
        for name, variable in computed.items():
            attribute = self._attributes[name]
            default = self._builder.bind(attribute.default, "default")
            is_absent = f"{name!r} not in given" if attribute.type is Type.ANY else "{} is None"
            self._builder.line(f"{variable} = get({name!r})")
            self._builder.line(f"if {is_absent.format(variable)}: {variable} = {default}()")
        values = "".join(f", {name!r}: {variable}" for name, variable in computed.items())
        given = f"{{**given{values}}}" if computed else "given"
        return f"return {self._general}({given})"

    def _emit_attribute(self, name: str, attribute: Attribute) -> None:
        variable = self._variables[name]
        value = f"default_{variable}" if callable(attribute.default) else f"get({name!r})"
        self._builder.line(f"{variable} = {value}")
        if attribute.type is Type.ANY:
            self._builder.line(f"if {variable} is None and {name!r} in given: {self._fall_back}")
        if is_emittable(attribute):
            self._values.emit(attribute, variable)
        else:
            write = _checked_writer(self._model.acceptors[name], self._model.writers[name])
            bound = self._builder.bind(write, "write")
            self._builder.line(f"{variable} = {bound}({variable}, given)")

    def _emit_item(self) -> None:
        forms = [form for form in self._model.secondary if form.composites]
        if optional := self._optional_composites(self._model.table_index):
            self._builder.line(f"if {self._any_absent(optional)}: {self._fall_back}")
        keys = self._keys(self._model.table_index)
        for form in forms:
            if not self._optional_composites(form):
                keys |= self._keys(form)
        values = {a.field: self._variables[name] for name, a in self._attributes.items()}
        nullable = {
            a.field: self._variables[name]
            for name, a in self._attributes.items()
            if a.field not in keys and not is_always_present(a)
        }
        identity = {field: repr(text) for field, text in self._model.identity.items()}
        self._values.emit_dict("item", values | keys | identity, nullable)
        for form in forms:
            if optional := self._optional_composites(form):
                self._emit_optional_index(form, optional)

    def _emit_optional_index(self, form: IndexForm, optional: list[str]) -> None:
        """Write the keys of an index if it has all composites; fall back if it has only some."""
        with self._builder.block(f"if {self._any_absent(optional)}:"):
            some = " or ".join(f"{self._variables[n]} is not None" for n in form.composites)
            self._builder.line(f"if {some}: {self._fall_back}")
        with self._builder.block("else:"):
            for field, key in self._keys(form).items():
                self._builder.line(f"item[{field!r}] = {key}")

    def _optional_composites(self, form: IndexForm) -> list[str]:
        """Return the composites that may be absent."""
        return [name for name in form.composites if not is_always_present(self._attributes[name])]

    def _any_absent(self, names: list[str]) -> str:
        return " or ".join(f"{self._variables[name]} is None" for name in names)

    def _keys(self, form: IndexForm) -> dict[str, str]:
        """Return the expression of each key field."""
        return {key.field: self._key(key) for key in form.keys}

    def _key(self, key: KeyForm) -> str:
        if key.numeric:
            number = self._builder.bind(number_key(key), "number")
            return f"{number}({self._variables[key.names[0]]})"
        literals = [part.literal for part in key.parts if part.name]
        if literals:
            literals[0] = key.prefix + literals[0]
        last = last_literal(key) if literals else key.prefix + last_literal(key)
        slots = [self._text(part) for part in key.parts if part.name]
        quoted = (repr(literal) if literal else "" for literal in literals)
        texts = [text for pair in zip(quoted, slots, strict=True) for text in pair if text]
        joined = " + ".join([*texts, repr(last)] if last else texts)
        if not any((*literals, last)):  # an empty key is not stored
            self._builder.line(f"if not ({joined}): {self._fall_back}")
        change = _CASE_CHANGES.get(key.casing, "")
        return f"({joined}){change}"

    def _text(self, part: Part) -> str:
        """Return the expression of an attribute's text in keys."""
        variable, attribute = self._variables[part.name], self._attributes[part.name]
        if is_string(attribute) and attribute.padding is None:
            return variable
        return f"{self._builder.bind(part.text, 'text')}({variable})"


def _checked_writer(accept: Accept, write: Transform) -> Callable[[Any, Mapping[str, Any]], Any]:
    """Return a function that validates one value and returns its stored form."""

    def checked_write(value: Any, given: Mapping[str, Any]) -> Any:
        faults: Faults = []
        accepted = accept(value, faults)
        raise_faults(faults)
        return None if accepted is None else write(accepted, given)

    return checked_write
