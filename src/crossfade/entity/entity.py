"""Entities: one kind of item in a table."""

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
from crossfade.entity.execution.context import Core
from crossfade.entity.execution.parsing import parsed
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

    Calls build a request step by step and end in ``params()``, which gives the request's
    parameters, ``await go()``, which sends it, or ``commit()``, which makes it part of a
    transaction. What is wrong with a call is raised there, before anything is sent.

    Args:
        schema: the schema, or ElectroDB's JSON form of one.
        table: the table's name; the schema's unless given.
        record: the type of results, such as a msgspec.Struct; dictionaries unless given.
        client: what sends requests.
        identifiers: the fields that say which entity an item is.
        listeners: told about every request and its outcome.
        ignore_ownership: take items of the table itself without their identifiers.
        strict: refuse what ElectroDB does but nobody wants, such as unfinished index keys.
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
        self.core: Core[R] = Core(
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
        """The same entity with the table, client and further listeners of a service."""
        entity: Entity[R] = object.__new__(type(self))
        entity.schema = self.schema
        entity.core = dataclasses.replace(
            self.core,
            table=table or self.core.table,
            client=client or self.core.client,
            listeners=(*self.core.listeners, *listeners),
        )
        return entity

    @property
    def table(self) -> str:
        """The table's name; empty when only calls name it."""
        return self.core.table

    @property
    def indexes(self) -> Mapping[str, IndexForm]:
        """The access patterns by name."""
        return self.core.model.indexes

    @property
    def identifiers(self) -> Mapping[str, str]:
        """The fields, with their values, that say which entity an item is."""
        return self.core.model.identity

    def table_key(self, values: Given) -> dict[str, KeyValue]:
        """The table's key of an item with these attributes; None is absent.

        Raises:
            EntityError: 2002 when a composite is absent.
        """
        return self.core.model.table_key(values)

    def key_fields(self, values: Given) -> dict[str, KeyValue]:
        """Every key field of an item with these attributes: the table's and complete indexes'.

        Raises:
            EntityError: 2002 when a composite of the table's key is absent.
        """
        return self.core.model.key_fields(values)

    @overload
    def get(self, values: list[Given], /) -> BatchGet[R]: ...
    @overload
    def get(self, values: Given | None = None, /, **named: Any) -> Get[R]: ...
    def get(
        self, values: Given | list[Given] | None = None, /, **named: Any
    ) -> Get[R] | BatchGet[R]:
        """Read an item by its key's composites; a list reads many."""
        if isinstance(values, list):
            return BatchGet(self.core, _all(values))
        return Get(self.core, attributes_of(values, named))

    @overload
    def put(self, values: R | Given | None = None, /, **named: Any) -> Put[R]: ...
    @overload
    def put(self, values: list[Any], /) -> BatchWrite[R]: ...
    def put(
        self, values: R | Given | list[Any] | None = None, /, **named: Any
    ) -> Put[R] | BatchWrite[R]:
        """Store an item, whether or not it exists; a list stores many."""
        if isinstance(values, list):
            return BatchWrite(self.core, _all(values))
        return Put(self.core, item_of(values, named))

    def create(self, values: R | Given | None = None, /, **named: Any) -> Put[R]:
        """Store an item that must not exist yet."""
        return Put(self.core, item_of(values, named), is_new=True)

    def upsert(self, values: R | Given | None = None, /, **named: Any) -> Upsert[R]:
        """Store an item, or change the attributes given of one that exists."""
        return Upsert(self.core, attributes_of(values, named))

    def update(self, values: Given | None = None, /, **named: Any) -> Update[R]:
        """Change an item by its key's composites; it is created when there is none."""
        return Update(self.core, attributes_of(values, named))

    def patch(self, values: Given | None = None, /, **named: Any) -> Update[R]:
        """Change an item that must exist."""
        return Update(self.core, attributes_of(values, named), must_exist=True)

    @overload
    def delete(self, values: list[Given], /) -> BatchWrite[R]: ...
    @overload
    def delete(self, values: Given | None = None, /, **named: Any) -> Delete[R]: ...
    def delete(
        self, values: Given | list[Given] | None = None, /, **named: Any
    ) -> Delete[R] | BatchWrite[R]:
        """Delete an item by its key's composites, if it exists; a list deletes many."""
        if isinstance(values, list):
            return BatchWrite(self.core, _all(values), deletes=True)
        return Delete(self.core, attributes_of(values, named))

    def remove(self, values: Given | None = None, /, **named: Any) -> Delete[R]:
        """Delete an item that must exist."""
        return Delete(self.core, attributes_of(values, named), must_exist=True)

    def check(self, values: Given | None = None, /, **named: Any) -> Check[R]:
        """Demand something of an item, inside a transaction."""
        return Check(self.core, attributes_of(values, named))

    @property
    def query(self) -> Queries[R]:
        """Queries by access pattern: ``entity.query.by_user(user_id=…)``."""
        return Queries(self.core)

    def scan(self, access_pattern: str | None = None) -> Scan[R]:
        """Read the whole table, or a whole index.

        Raises:
            EntityError: 1026 when the access pattern is not declared.
        """
        model = self.core.model
        if access_pattern is not None and access_pattern not in model.indexes:
            raise missing_pattern(model, access_pattern)
        index = model.indexes[access_pattern] if access_pattern else model.table_index
        return Scan(self.core, ScanState(index))

    def find(self, values: Given | None = None, /, **named: Any) -> Query[R] | Scan[R]:
        """Query the index that fits these attributes best; scan when none does."""
        return self._found(attributes_of(values, named), filtered=False)

    def match(self, values: Given | None = None, /, **named: Any) -> Query[R] | Scan[R]:
        """As `find`, with all attributes as filter."""
        return self._found(attributes_of(values, named), filtered=True)

    def _found(self, given: Given, *, filtered: bool) -> Query[R] | Scan[R]:
        model = self.core.model
        index = best_index(model, given)
        matches = given if filtered else None
        if index is None:
            return Scan(self.core, ScanState(model.table_index, matches=matches))
        return Query(self.core, QueryState(index, given, matches=matches, as_isolated=True))

    @property
    def conversions(self) -> Conversions:
        """Composites to keys and cursors, and back."""
        return Conversions(self.core.model)

    def read(self, item: Mapping[str, AttributeValue]) -> R | None:
        """The record of an item with DynamoDB's typed values, ``{"S": "text"}``.

        Returns:
            None for an item that does not carry this entity's identifiers, such as a tombstone.
        """
        return self.core.read_typed(item)

    def parse(self, response: Given, **options: Any) -> Result[R] | Page[R]:
        """The records in a response (with Python values) of another DynamoDB client.

        Args:
            response: `Item`, `Items` or `Attributes`, or the parameters of a put.
            options: those of a terminal call; `ignore_ownership` is true unless given.
        """
        if options:
            return parsed(self.core, response, options_of({"ignore_ownership": True, **options}))
        item = response.get("Item")
        record = self.core.read_own(item) if item else None
        return parsed(self.core, response, _PARSING) if record is None else Result(record)


def _all(values: list[Any]) -> tuple[Given, ...]:
    return tuple(attributes_of(value, {}) for value in values)
