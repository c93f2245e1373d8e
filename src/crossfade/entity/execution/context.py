"""What all calls of one entity share."""

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
class Core(Generic[R]):
    """An entity's model and how its calls are executed."""

    model: Model
    table: str
    record: Any
    client: Client | None = None
    listeners: tuple[Listener, ...] = ()
    ignore_ownership: bool = False

    @cached_property
    def convert(self) -> Convert[R]:
        """What makes a record of attributes."""
        convert: Convert[R] = converter(self.record)
        return convert

    @cached_property
    def read(self) -> Callable[[Mapping[str, Any]], R]:
        """What makes a record of an item that is this entity's."""
        return general_reader(self.model, self.convert, typed=False)

    @cached_property
    def read_own(self) -> Callable[[Mapping[str, Any]], R | None]:
        """What makes a record of an item; None where its identifiers are not this entity's."""
        return own_reader(self.model, self.record, self.convert, typed=False)

    @cached_property
    def read_typed(self) -> Callable[[Mapping[str, Any]], R | None]:
        """As `read_own`, of items with DynamoDB's typed values."""
        return own_reader(self.model, self.record, self.convert, typed=True)

    @cached_property
    def make_item(self) -> MakeItem:
        """What makes the item of a put."""
        return item_maker(self.model)

    def resolve(self, index: IndexForm, options: Options) -> Options:
        """The options with the answer to whether ownership is checked."""
        return with_ownership(index, options, entity_ignores=self.ignore_ownership)
