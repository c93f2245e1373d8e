"""The context in which the calls of one entity are executed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic

from typing_extensions import TypeVar

from crossfade.entity.client import Client
from crossfade.entity.events import Listener
from crossfade.entity.execution.readers import general_reader, own_reader
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.model.model import Model
from crossfade.entity.model.put_codegen import MakeItem
from crossfade.entity.options import Options
from crossfade.entity.requests.put import item_maker
from crossfade.entity.requests.query import with_ownership
from crossfade.entity.values.records import Convert, converter

R = TypeVar("R", default=dict[str, Any])


@dataclass(frozen=True)
class ExecutionContext(Generic[R]):
    """An entity's model, with the table, record type, client and listeners of its calls."""

    model: Model
    table: str
    record: Any
    client: Client | None = None
    listeners: tuple[Listener, ...] = ()
    ignore_ownership: bool = False

    @cached_property
    def convert(self) -> Convert[R]:
        """Return the function that converts attributes to a record."""
        convert: Convert[R] = converter(self.record)
        return convert

    @cached_property
    def read(self) -> Callable[[Mapping[str, Any]], R]:
        """Return the function that converts an item of this entity to a record."""
        return general_reader(self.model, self.convert, typed=False)

    @cached_property
    def read_own(self) -> Callable[[Mapping[str, Any]], R | None]:
        """Return the function that converts an item to a record; None for another entity's item."""
        return own_reader(self.model, self.record, self.convert, typed=False)

    @cached_property
    def read_typed(self) -> Callable[[Mapping[str, Any]], R | None]:
        """Return the same function as `read_own`, for items with DynamoDB's typed values."""
        return own_reader(self.model, self.record, self.convert, typed=True)

    @cached_property
    def make_item(self) -> MakeItem:
        """Return the function that builds the item of a put."""
        return item_maker(self.model)

    def resolve(self, index: IndexForm, options: Options) -> Options:
        """Return the options with `ignore_ownership` resolved; see `with_ownership`."""
        return with_ownership(index, options, entity_ignores=self.ignore_ownership)
