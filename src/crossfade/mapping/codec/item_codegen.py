"""Generates the function that returns a row's item, with code for each column.

The generated function handles common rows: key texts are present and short, values are exact. It
passes any other row to the general function, also a row that has no item. For a table with the
columns ``id`` and ``title``, of which only ``id`` is required, it is::

    def item(texts):
        c0, c1 = columns(texts)
        if not c0 or len(c0 or '') > 507 or c0 is None:
            return general(texts)
        try:
            item = {'__edb_e__': constant, 'pk': {'S': 'USER#' + c0}, 'id': {'S': c0}}
            if c1 is not None:
                item['title'] = {'S': c1}
        except ValueError:
            return general(texts)
        return item
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

from crossfade.entity.model.codegen import FunctionBuilder
from crossfade.mapping.codec.encoders import encoder, plain_kind
from crossfade.mapping.codec.key_encoding import KeyField, Texts
from crossfade.mapping.codec.shapes import Item, ShapePlan
from crossfade.mapping.declaration.columns import Column

ItemFunction = Callable[[Texts], Item]

COLUMNS_MIN = 2
"""The number of columns from which `itemgetter` returns a tuple."""


def item_function(
    shape: ShapePlan, columns: Sequence[Column], general: ItemFunction
) -> ItemFunction:
    """Return a function from rows of one shape to their items.

    Args:
        shape: the shape.
        columns: the columns that become attributes.
        general: returns the item of any row of this shape, or raises `Unmappable`.
    """
    if len(columns) < COLUMNS_MIN:
        return general
    return _ItemGenerator(shape, columns, general).function()


class _ItemGenerator:
    """Generator of one shape's function; each column's variable is numbered by its position."""

    def __init__(self, shape: ShapePlan, columns: Sequence[Column], general: ItemFunction) -> None:
        self._shape = shape
        self._columns = columns
        self._variables = {column.name: f"c{number}" for number, column in enumerate(columns)}
        self._required = {column.name for column in columns if column.required}
        self._source = FunctionBuilder("item", "texts")
        self._general = f"return {self._source.bind(general, 'general')}(texts)"

    def function(self) -> ItemFunction:
        """Return the compiled function."""
        source = self._source
        columns = source.bind(itemgetter(*self._variables), "columns")
        source.line(f"{', '.join(self._variables.values())} = {columns}(texts)")
        with source.block(f"if {' or '.join(self._uncommon_conditions())}:"):
            source.line(self._general)
        with source.block("try:"):
            members = (f"{name!r}: {value}" for name, value in self._required_members())
            source.line(f"item = {{{', '.join(members)}}}")
            for needed, name, value in self._optional_members():
                with source.block(f"if {needed}:"):
                    source.line(f"item[{name!r}] = {value}")
        with source.block("except ValueError:"):
            source.line(self._general)
        source.line("return item")
        return source.build()

    def _uncommon_conditions(self) -> list[str]:
        """Return the conditions under which a row goes to the general function."""
        indexed = [field for index in self._shape.indexes for field in index.fields]
        lengths = [
            f"len({self._variables[field.plain.column]} or '') > {field.plain.characters_max}"
            for field in (*self._shape.table, *indexed)
            if field.plain
        ]
        empty = [
            f"not {self._variables[field.plain.column]}"
            for field in self._shape.table
            if field.plain
        ]
        missing = [f"{self._variables[one.name]} is None" for one in self._columns if one.required]
        return list(dict.fromkeys((*empty, *lengths, *missing))) or ["False"]

    def _required_members(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the value of each member that all items of this shape have."""
        for name, value in self._shape.identifiers.items():
            yield name, self._source.bind(value, "constant")
        for field in self._shape.table:
            yield field.name, self._key(field)
        for index in self._shape.indexes:
            if self._required.issuperset(index.columns):
                for field in index.fields:
                    yield field.name, self._key(field)
        # Attributes come last, so that an attribute that is also a key field keeps its own value.
        for column in self._columns:
            if column.required:
                yield column.field, self._value(column)

    def _optional_members(self) -> Iterator[tuple[str, str, str]]:
        """Yield the condition, the name and the value of each member that only some items have."""
        attributes = {column.field for column in self._columns if column.required}
        for index in self._shape.indexes:
            optional = [name for name in index.columns if name not in self._required]
            needed = " and ".join(f"{self._variables[name]} is not None" for name in optional)
            for field in index.fields:
                if needed and field.name not in attributes:
                    yield needed, field.name, self._key(field)
        for column in self._columns:
            if not column.required:
                variable = self._variables[column.name]
                yield f"{variable} is not None", column.field, self._value(column)

    def _key(self, field: KeyField) -> str:
        """Return the expression of a key's value."""
        if field.plain is not None:
            head, tail = field.plain.head, field.plain.tail
            text = f"{head!r} + {self._variables[field.plain.column]}"
            return f"{{'S': {text} + {tail!r}}}" if tail else f"{{'S': {text}}}"
        if not field.columns:
            return self._source.bind(field.render({}), "constant")
        return f"{self._source.bind(field.render, 'key')}(texts)"

    def _value(self, column: Column) -> str:
        """Return the expression of an attribute's value."""
        variable, kind = self._variables[column.name], plain_kind(column)
        if kind:
            return f"{{{kind!r}: {variable}}}"
        return f"{self._source.bind(encoder(column), 'encode')}({variable})"
