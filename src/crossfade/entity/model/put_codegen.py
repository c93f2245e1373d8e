"""The function that makes an entity's items, written out attribute by attribute.

It does the usual put: every value has exactly its attribute's class, and an index gets all of its
composites or none. Whatever is unusual, a wrong value included, it leaves to the general function.
For an entity with the attributes ``id`` and ``title``, of which only ``id`` is required, it is::

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
from crossfade.entity.model.codegen import Source
from crossfade.entity.model.model import Model
from crossfade.entity.model.value_codegen import ValueCode, is_sure, is_text, is_writable
from crossfade.entity.schema.declarations import Attribute, Casing, Type
from crossfade.entity.values.transforms import Transform
from crossfade.entity.values.validation import Accept, Faults, raise_faults

MakeItem = Callable[[Mapping[str, Any]], dict[str, Any]]
_CASE_CHANGES: Final = {Casing.LOWER: ".lower()", Casing.UPPER: ".upper()"}


def written_put(model: Model, general: MakeItem) -> MakeItem:
    """The function that makes items of an entity without setters and conditions.

    Args:
        model: the entity.
        general: makes the item of every put, or says what is wrong with it.
    """
    return _PutCode(model, general).function()


class _PutCode:
    """The source of one entity's function; a variable is named after its attribute's place."""

    def __init__(self, model: Model, general: MakeItem) -> None:
        self._model = model
        self._attributes = model.attributes
        self._variables = {name: f"v{place}" for place, name in enumerate(model.attributes)}
        self._source = Source("put", "given")
        self._general = self._source.bound(general, "general")

    def function(self) -> MakeItem:
        """The function."""
        self._source.line("get = given.get")
        self._give_up = self._made_defaults()
        self._code = ValueCode(self._source, self._give_up, strict=self._model.strict)
        if self._model.strict:
            known = self._source.bound(frozenset(self._attributes), "known")
            self._source.line(f"if not given.keys() <= {known}: {self._give_up}")
        for name, attribute in self._attributes.items():
            self._attribute(name, attribute)
        self._item()
        self._source.line("return item")
        return self._source.function()

    def _made_defaults(self) -> str:
        """Make what functions make, once; the statement that gives up hands it on."""
        made = {
            name: f"made_{variable}"
            for name, variable in self._variables.items()
            if callable(self._attributes[name].default)
        }
        for name, variable in made.items():
            attribute = self._attributes[name]
            default = self._source.bound(attribute.default, "default")
            is_absent = f"{name!r} not in given" if attribute.type is Type.ANY else "{} is None"
            self._source.line(f"{variable} = get({name!r})")
            self._source.line(f"if {is_absent.format(variable)}: {variable} = {default}()")
        filled = "".join(f", {name!r}: {variable}" for name, variable in made.items())
        given = f"{{**given{filled}}}" if made else "given"
        return f"return {self._general}({given})"

    def _attribute(self, name: str, attribute: Attribute) -> None:
        variable = self._variables[name]
        found = f"made_{variable}" if callable(attribute.default) else f"get({name!r})"
        self._source.line(f"{variable} = {found}")
        if attribute.type is Type.ANY:
            self._source.line(f"if {variable} is None and {name!r} in given: {self._give_up}")
        if is_writable(attribute):
            self._code.value(attribute, variable)
        else:
            take = _taker(self._model.acceptors[name], self._model.writers[name])
            bound = self._source.bound(take, "take")
            self._source.line(f"{variable} = {bound}({variable}, given)")

    def _item(self) -> None:
        forms = [form for form in self._model.secondary if form.composites]
        if lacking := self._may_lack(self._model.table_index):
            self._source.line(f"if {self._any_absent(lacking)}: {self._give_up}")
        keys = self._keys(self._model.table_index)
        for form in forms:
            if not self._may_lack(form):
                keys |= self._keys(form)
        values = {a.field: self._variables[name] for name, a in self._attributes.items()}
        absent = {
            a.field: self._variables[name]
            for name, a in self._attributes.items()
            if a.field not in keys and not is_sure(a)
        }
        identity = {field: repr(text) for field, text in self._model.identity.items()}
        self._code.display("item", values | keys | identity, absent)
        for form in forms:
            if lacking := self._may_lack(form):
                self._optional_index(form, lacking)

    def _optional_index(self, form: IndexForm, lacking: list[str]) -> None:
        """The keys of an index with all of its composites; with only some, the put is unusual."""
        with self._source.block(f"if {self._any_absent(lacking)}:"):
            some = " or ".join(f"{self._variables[n]} is not None" for n in form.composites)
            self._source.line(f"if {some}: {self._give_up}")
        with self._source.block("else:"):
            for field, key in self._keys(form).items():
                self._source.line(f"item[{field!r}] = {key}")

    def _may_lack(self, form: IndexForm) -> list[str]:
        """The composites that may be absent."""
        return [name for name in form.composites if not is_sure(self._attributes[name])]

    def _any_absent(self, names: list[str]) -> str:
        return " or ".join(f"{self._variables[name]} is None" for name in names)

    def _keys(self, form: IndexForm) -> dict[str, str]:
        """The expression of each key field."""
        return {key.field: self._key(key) for key in form.keys}

    def _key(self, key: KeyForm) -> str:
        if key.numeric:
            number = self._source.bound(number_key(key), "number")
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
            self._source.line(f"if not ({joined}): {self._give_up}")
        change = _CASE_CHANGES.get(key.casing, "")
        return f"({joined}){change}"

    def _text(self, part: Part) -> str:
        """The expression for an attribute's text in keys."""
        variable, attribute = self._variables[part.name], self._attributes[part.name]
        if is_text(attribute) and attribute.padding is None:
            return variable
        return f"{self._source.bound(part.text, 'text')}({variable})"


def _taker(accept: Accept, write: Transform) -> Callable[[Any, Mapping[str, Any]], Any]:
    """A call that checks one value and gives what is stored."""

    def take(value: Any, given: Mapping[str, Any]) -> Any:
        faults: Faults = []
        accepted = accept(value, faults)
        raise_faults(faults)
        return None if accepted is None else write(accepted, given)

    return take
