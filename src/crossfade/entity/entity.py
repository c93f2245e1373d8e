"""The `Entity` class: calls on one kind of item in a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Generic, overload

from typing_extensions import TypeVar

from crossfade.entity.calls.access_patterns import Queries
from crossfade.entity.calls.batches import BatchGet, BatchWrite
from crossfade.entity.calls.changes import Update, Upsert
from crossfade.entity.calls.conversions import Conversions
from crossfade.entity.calls.reads import Query, Scan
from crossfade.entity.calls.single_item import Check, Delete, Get, Put
from crossfade.entity.client import Client, check_connections
from crossfade.entity.events import Listener
from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.execution.parsing import parse
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.keys.rendering import KeyValue
from crossfade.entity.model.model import Identifiers, Model
from crossfade.entity.model.strict import check_schema
from crossfade.entity.options import Options, options_of
from crossfade.entity.requests.index_choice import best_index, missing_pattern
from crossfade.entity.requests.query import QueryState
from crossfade.entity.requests.scan import ScanState
from crossfade.entity.results import Page, Result
from crossfade.entity.schema.schema import Schema
from crossfade.entity.values.attribute_values import AttributeValue
from crossfade.entity.values.records import attributes_of, item_of

R = TypeVar("R", default=dict[str, Any])
S = TypeVar("S")
Given = Mapping[str, Any]
_PARSING = Options(ignore_ownership=True)


class Entity(Generic[R]):
    """One kind of item in a table.

    A chain of calls builds a request. ``params()`` returns the request's parameters,
    ``await go()`` sends it, and ``commit()`` makes it an item of a transaction. These check the
    call, and raise `EntityError` before anything is sent.

    Args:
        schema: the schema, or ElectroDB's JSON form of one.
        table: the table's name; by default the schema's.
        record: the type of results: dict, a msgspec.Struct, a pydantic model or a dataclass.
        client: the client that sends requests.
        identifiers: the names of the fields that identify an item's entity.
        listeners: functions to call with an `Event` for every request and for its outcome.
        ignore_ownership: accept items of the table itself that lack this entity's identifiers.
        strict: reject calls and schemas that ElectroDB accepts but that are mistakes, such as
            incomplete index keys.

    Raises:
        EntityError: the schema, the client or a listener is invalid.
    """

    @overload
    def __init__(
        self: Entity[dict[str, Any]],
        schema: Schema | Given,
        *,
        table: str | None = None,
        client: Client | None = None,
        identifiers: Identifiers | None = None,
        listeners: tuple[Listener, ...] = (),
        ignore_ownership: bool = False,
        strict: bool = False,
    ) -> None: ...

    @overload
    def __init__(
        self,
        schema: Schema | Given,
        *,
        record: type[R],
        table: str | None = None,
        client: Client | None = None,
        identifiers: Identifiers | None = None,
        listeners: tuple[Listener, ...] = (),
        ignore_ownership: bool = False,
        strict: bool = False,
    ) -> None: ...

    def __init__(
        self,
        schema: Schema | Given,
        *,
        record: Any = dict,
        table: str | None = None,
        client: Client | None = None,
        identifiers: Identifiers | None = None,
        listeners: tuple[Listener, ...] = (),
        ignore_ownership: bool = False,
        strict: bool = False,
    ) -> None:
        self.schema = schema if isinstance(schema, Schema) else Schema.from_json(schema)
        if strict:
            check_schema(self.schema)
        check_connections(client, listeners)
        self.context: ExecutionContext[R] = ExecutionContext(
            model=Model(self.schema, identifiers or Identifiers(), strict),
            table=table or self.schema.table,
            record=record,
            client=client,
            listeners=listeners,
            ignore_ownership=ignore_ownership,
        )

    def joined(
        self, *, table: str | None, client: Client | None, listeners: tuple[Listener, ...]
    ) -> Entity[R]:
        """Return this entity with the table, client and additional listeners of a service."""
        entity: Entity[R] = object.__new__(type(self))
        entity.schema = self.schema
        entity.context = dataclasses.replace(
            self.context,
            table=table or self.context.table,
            client=client or self.context.client,
            listeners=(*self.context.listeners, *listeners),
        )
        return entity

    @property
    def table(self) -> str:
        """Return the table's name; empty if only calls specify it."""
        return self.context.table

    @property
    def indexes(self) -> Mapping[str, IndexForm]:
        """Return the access patterns by name."""
        return self.context.model.indexes

    @property
    def identifiers(self) -> Mapping[str, str]:
        """Return the fields that identify an item's entity, with their values."""
        return self.context.model.identity

    def table_key(self, values: Given) -> dict[str, KeyValue]:
        """Return the table's key of an item with these attributes; None is absent.

        Raises:
            EntityError: 2002 if a composite is absent.
        """
        return self.context.model.table_key(values)

    def key_fields(self, values: Given) -> dict[str, KeyValue]:
        """Return every key field of an item with these attributes.

        They are those of the table, and those of each index with all composites present.

        Raises:
            EntityError: 2002 if a composite of the table's key is absent.
        """
        return self.context.model.key_fields(values)

    @overload
    def get(self, values: list[Given], /) -> BatchGet[R]: ...
    @overload
    def get(self, values: Given | None = None, /, **named: Any) -> Get[R]: ...
    def get(
        self, values: Given | list[Given] | None = None, /, **named: Any
    ) -> Get[R] | BatchGet[R]:
        """Read an item by the composites of its key; a list reads many items."""
        if isinstance(values, list):
            return BatchGet(self.context, _attributes_of_all(values))
        return Get(self.context, attributes_of(values, named))

    @overload
    def put(self, values: R | Given | None = None, /, **named: Any) -> Put[R]: ...
    @overload
    def put(self, values: list[Any], /) -> BatchWrite[R]: ...
    def put(
        self, values: R | Given | list[Any] | None = None, /, **named: Any
    ) -> Put[R] | BatchWrite[R]:
        """Store an item, whether or not it exists; a list stores many items."""
        if isinstance(values, list):
            return BatchWrite(self.context, _attributes_of_all(values))
        return Put(self.context, item_of(values, named))

    def create(self, values: R | Given | None = None, /, **named: Any) -> Put[R]:
        """Store an item that must not exist yet."""
        return Put(self.context, item_of(values, named), is_new=True)

    def upsert(self, values: R | Given | None = None, /, **named: Any) -> Upsert[R]:
        """Store an item; if it exists, change the given attributes and those with a default."""
        return Upsert(self.context, attributes_of(values, named))

    def update(self, values: Given | None = None, /, **named: Any) -> Update[R]:
        """Change an item by the composites of its key; create it if it does not exist."""
        return Update(self.context, attributes_of(values, named))

    def patch(self, values: Given | None = None, /, **named: Any) -> Update[R]:
        """Change an item that must exist."""
        return Update(self.context, attributes_of(values, named), must_exist=True)

    @overload
    def delete(self, values: list[Given], /) -> BatchWrite[R]: ...
    @overload
    def delete(self, values: Given | None = None, /, **named: Any) -> Delete[R]: ...
    def delete(
        self, values: Given | list[Given] | None = None, /, **named: Any
    ) -> Delete[R] | BatchWrite[R]:
        """Delete an item by the composites of its key, if it exists; a list deletes many items."""
        if isinstance(values, list):
            return BatchWrite(self.context, _attributes_of_all(values), deletes=True)
        return Delete(self.context, attributes_of(values, named))

    def remove(self, values: Given | None = None, /, **named: Any) -> Delete[R]:
        """Delete an item that must exist."""
        return Delete(self.context, attributes_of(values, named), must_exist=True)

    def check(self, values: Given | None = None, /, **named: Any) -> Check[R]:
        """Require a condition on an item, in a transaction."""
        return Check(self.context, attributes_of(values, named))

    @property
    def query(self) -> Queries[R]:
        """Return the access patterns to query: ``entity.query.by_user(user_id=…)``."""
        return Queries(self.context)

    def scan(self, access_pattern: str | None = None) -> Scan[R]:
        """Read the entity's items in the whole table, or in a whole index.

        Raises:
            EntityError: 1026 if the access pattern is not declared.
        """
        model = self.context.model
        if access_pattern is not None and access_pattern not in model.indexes:
            raise missing_pattern(model, access_pattern)
        index = model.indexes[access_pattern] if access_pattern else model.table_index
        return Scan(self.context, ScanState(index))

    def find(self, values: Given | None = None, /, **named: Any) -> Query[R] | Scan[R]:
        """Query the index that best matches these attributes; scan if none matches."""
        return self._found(attributes_of(values, named), filtered=False)

    def match(self, values: Given | None = None, /, **named: Any) -> Query[R] | Scan[R]:
        """Read as `find` does, with all attributes as filter."""
        return self._found(attributes_of(values, named), filtered=True)

    def _found(self, given: Given, *, filtered: bool) -> Query[R] | Scan[R]:
        model = self.context.model
        index = best_index(model, given)
        matches = given if filtered else None
        if index is None:
            return Scan(self.context, ScanState(model.table_index, matches=matches))
        return Query(self.context, QueryState(index, given, matches=matches, as_isolated=True))

    @property
    def conversions(self) -> Conversions:
        """Return the conversions between composites, keys and cursors."""
        return Conversions(self.context.model)

    def read(self, item: Mapping[str, AttributeValue]) -> R | None:
        """Return the record of an item with DynamoDB's typed values, ``{"S": "text"}``.

        Returns:
            None for an item without this entity's identifiers, such as a tombstone.
        """
        return self.context.read_typed(item)

    def parse(self, response: Given, **options: Any) -> Result[R] | Page[R]:
        """Return the records in a response of another DynamoDB client, with plain Python values.

        Args:
            response: `Item`, `Items` or `Attributes`, or the parameters of a put.
            options: the options of `go`; `ignore_ownership` is true by default.
        """
        if options:
            return parse(self.context, response, options_of({"ignore_ownership": True, **options}))
        item = response.get("Item")
        record = self.context.read_own(item) if item else None
        return parse(self.context, response, _PARSING) if record is None else Result(record)


def _attributes_of_all(values: list[Any]) -> tuple[Given, ...]:
    return tuple(attributes_of(value, {}) for value in values)
