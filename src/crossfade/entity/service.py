"""Services: entities that share a table."""

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
        entities: by alias; the alias names their records in the results of collections.
        table: the table of all of them; their own unless given.
        client: the client of all of them; their own unless given.
        listeners: further listeners of all of them.

    Raises:
        EntityError: 1013 when the entities do not fit together.
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
        self._cores = {alias: entity.core for alias, entity in self.entities.items()}
        self._collections = collections_of(
            {alias: core.model for alias, core in self._cores.items()}
        )

    @property
    def collections(self) -> Collections:
        """Queries over several entities: ``service.collections.tasks(user_id=…)``."""
        return Collections(self)

    @property
    def transaction(self) -> Transactions:
        """Transactions over these entities."""
        return Transactions(self)

    def collection(self, name: str) -> Collection:
        """A collection by name.

        Raises:
            EntityError: 1013 when no entity is in it.
        """
        found = self._collections.get(name)
        if found is None:
            known = ", ".join(self._collections)
            raise EntityError(Code.INVALID_JOIN, f"{name!r} is no collection; there are {known}")
        return found

    def query(self, name: str, given: Mapping[str, Any]) -> CollectionQuery:
        """A query of the collection of this name."""
        return CollectionQuery(self.collection(name), self._cores, given)


class Collections:
    """The collections of a service by name."""

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
    """One collection, to be called with the partition key's composites."""

    def __init__(self, service: Service, name: str) -> None:
        self._service = service
        self._name = name

    def __call__(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> CollectionQuery:
        """Begin a query."""
        return self._service.query(self._name, attributes_of(values, named))


class Transactions:
    """The two kinds of transactions."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def write(self, build: Build) -> Transaction:
        """A transaction of writes and checks: ``lambda e: [e.user.put(…).commit(), …]``."""
        return self._begin("transactWrite", build)

    def get(self, build: Build) -> Transaction:
        """A transaction of reads: ``lambda e: [e.user.get(…).commit(), …]``."""
        return self._begin("transactGet", build)

    def _begin(self, method: str, build: Build) -> Transaction:
        entities = self._service.entities
        core = next(iter(entities.values())).core
        return Transaction(method, core, tuple(build(entities)))
