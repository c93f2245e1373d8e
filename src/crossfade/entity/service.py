"""The `Service` class: entities that share a table, their collections and transactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crossfade.entity.calls.collections import CollectionQuery
from crossfade.entity.calls.transactions import Build, Transaction
from crossfade.entity.client import Client
from crossfade.entity.entity import Entity
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.events import Listener
from crossfade.entity.requests.collections import Collection, collections_of
from crossfade.entity.values.records import attributes_of


class Entities(Mapping[str, Entity[Any]]):
    """The entities of a service by alias: ``entities.campaign`` or ``entities["campaign"]``."""

    def __init__(self, entities: Mapping[str, Entity[Any]]) -> None:
        self._entities = dict(entities)

    def __getattr__(self, alias: str) -> Entity[Any]:
        if alias.startswith("_"):
            raise AttributeError(alias)
        return self[alias]

    def __getitem__(self, alias: str) -> Entity[Any]:
        return self._entities[alias]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entities)

    def __len__(self) -> int:
        return len(self._entities)


class Service:
    """Entities that share a table and a service name.

    Args:
        entities: by alias, which the results of collections use too.
        table: the table for all of them; by default each entity's.
        client: the client for all of them; by default each entity's.
        listeners: additional listeners for all of them.

    Raises:
        EntityError: 1013 if the entities are incompatible.
    """

    def __init__(
        self,
        entities: Mapping[str, Entity[Any]],
        *,
        table: str | None = None,
        client: Client | None = None,
        listeners: tuple[Listener, ...] = (),
    ) -> None:
        if not entities:
            raise EntityError(Code.INVALID_JOIN, "a service needs at least one entity")
        self.entities = Entities(
            {
                alias: entity.joined(table=table, client=client, listeners=listeners)
                for alias, entity in entities.items()
            }
        )
        self._contexts = {alias: entity.context for alias, entity in self.entities.items()}
        self._collections = collections_of(
            {alias: context.model for alias, context in self._contexts.items()}
        )

    @property
    def collections(self) -> Collections:
        """Return the collections to query: ``service.collections.tasks(user_id=…)``."""
        return Collections(self)

    @property
    def transaction(self) -> Transactions:
        """Return the kinds of transactions of these entities."""
        return Transactions(self)

    def collection(self, name: str) -> Collection:
        """Return a collection by name.

        Raises:
            EntityError: 1013 if no entity is in it.
        """
        found = self._collections.get(name)
        if found is None:
            known = ", ".join(self._collections)
            raise EntityError(
                Code.INVALID_JOIN, f"{name!r} is not a collection; the service has {known}"
            )
        return found

    def query(self, name: str, given: Mapping[str, Any]) -> CollectionQuery:
        """Return a query of the collection with this name."""
        return CollectionQuery(self.collection(name), self._contexts, given)


class Collections:
    """The collections of a service, as attributes or subscripts."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __getattr__(self, name: str) -> CollectionStart:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> CollectionStart:
        self._service.collection(name)
        return CollectionStart(self._service, name)


class CollectionStart:
    """One collection; a call with the partition key's composites starts a query."""

    def __init__(self, service: Service, name: str) -> None:
        self._service = service
        self._name = name

    def __call__(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> CollectionQuery:
        """Start a query with all composites of the partition key."""
        return self._service.query(self._name, attributes_of(values, named))


class Transactions:
    """The two kinds of transactions of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def write(self, build: Build) -> Transaction:
        """Return a transaction of writes and checks: ``lambda e: [e.user.put(…).commit(), …]``."""
        return self._begin("transactWrite", build)

    def get(self, build: Build) -> Transaction:
        """Return a transaction of reads: ``lambda e: [e.user.get(…).commit(), …]``."""
        return self._begin("transactGet", build)

    def _begin(self, method: str, build: Build) -> Transaction:
        entities = self._service.entities
        context = next(iter(entities.values())).context
        return Transaction(method, context, tuple(build(entities)))
