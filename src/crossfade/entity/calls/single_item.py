"""Calls for single items: what `get`, `put`, `delete` and `check` of an entity give."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Self, Unpack, cast

import msgspec
from typing_extensions import TypeVar

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.execution.context import Core
from crossfade.entity.execution.decoding import (
    attributes_of_item,
    owned_attributes,
    record_of,
    typed_record,
)
from crossfade.entity.execution.send import Params, StoreError, send
from crossfade.entity.expressions.conditions import Condition, Where
from crossfade.entity.expressions.filters import Filter, filter_of
from crossfade.entity.options import DEFAULTS, Options, OptionsGiven, options_of
from crossfade.entity.requests.projection import project
from crossfade.entity.requests.single_item import (
    apply_wheres,
    existence,
    simple_params,
    table_composites,
    table_name,
    with_condition,
    with_options,
)
from crossfade.entity.results import Result
from crossfade.entity.values.attribute_values import unmarshal_item
from crossfade.errors import ConditionFailed

R = TypeVar("R", default=dict[str, Any])
_ACTIONS = {"get": "Get", "check": "ConditionCheck", "put": "Put", "update": "Update"}


@dataclass(frozen=True, slots=True)
class Action:
    """One item of a transaction, made by `commit`."""

    core: Core[Any]
    kind: str
    params: Params

    @property
    def request(self) -> Params:
        """The entry of TransactItems."""
        return {self.kind: self.params}


class _CallMeta(msgspec.StructMeta, ABCMeta):
    """Structs are made in a tenth of a dataclass's time; every call makes one."""


class Call(msgspec.Struct, Generic[R], frozen=True, metaclass=_CallMeta):
    """A call under construction; every step gives a new one."""

    core: Core[R]
    given: Mapping[str, Any]
    wheres: tuple[Where, ...] = ()

    @property
    @abstractmethod
    def method(self) -> str:
        """ElectroDB's word for the operation."""

    @abstractmethod
    def base_params(self, table: str, condition: Condition) -> Params:
        """The parameters without those of options; demands go into the condition."""

    def where(self, where: Where) -> Self:
        """Add a condition: a function of the attributes and the operations.

        Args:
            where: such as ``lambda a, op: op.eq(a.status, "open")``; several are joined with AND.
        """
        return msgspec.structs.replace(self, wheres=(*self.wheres, where))

    def filter(self, chosen: str | Filter, *arguments: Any) -> Self:
        """Add one of the schema's filters by name, or a function of attributes with operators.

        Args:
            chosen: such as ``lambda a, low: a.rent.gte(low)``.
            arguments: what the function gets after the attributes.
        """
        return self.where(filter_of(self.core.model.schema.filters, chosen, arguments))

    def params(self, **options: Unpack[OptionsGiven]) -> Params:
        """The parameters of the request, with Python values; nothing is sent.

        Raises:
            EntityError: the call cannot be turned into a request.
        """
        chosen = options_of(options)
        return self.build(chosen, chosen.request_params if options else {})

    def commit(self, **options: Unpack[OptionsGiven]) -> Action:
        """This call as an item of a transaction."""
        chosen = options_of(options)
        kind = _ACTIONS.get(self.method, "Delete")
        return Action(self.core, kind, self.build(chosen, chosen.transaction_params))

    def build(self, options: Options, extra: Params, *, executed: bool = False) -> Params:
        """The parameters, those of options and the condition included."""
        condition = Condition(strict=self.core.model.strict)
        params = self.base_params(table_name(self.core.table, options), condition)
        params = with_options(params, extra)
        if self.method == "get" and options.attributes:
            options = self.core.resolve(self.core.model.table_index, options)
            params = project(self.core.model, params, options, executed=executed)
        return with_condition(params, condition)

    async def send(self, options: Options, *, plain: bool = True) -> Params:
        """The response, with Python values unless `plain` is false."""
        params = self.build(options, options.request_params, executed=True)
        return await send(self.core, self.method, params, options, plain=plain)

    async def send_or_refuse(self, options: Options) -> Params | Result[Any]:
        """The response; or that the condition did not hold, where that is asked for."""
        try:
            return await self.send(options)
        except (StoreError, ConditionFailed) as error:
            refusal = error.cause if isinstance(error, StoreError) else error
            asked = options.return_on_condition_check_failure
            if not asked or not isinstance(refusal, ConditionFailed):
                raise
        item = refusal.item if asked == "all_old" else None
        found = owned_attributes(self.core.model, item and unmarshal_item(item), options)
        return Result(found, rejected=True)


class Get(Call[R], frozen=True):
    """Read one item."""

    @property
    def method(self) -> str:
        """ElectroDB's word for the operation."""
        return "get"

    def base_params(self, table: str, condition: Condition) -> Params:
        """The item's key."""
        params = simple_params(self.core.model, table, self.given)
        if self.wheres and self.core.model.strict and self.method == "get":
            raise EntityError(
                Code.INVALID_WHERE, "DynamoDB takes no condition when it gets an item"
            )
        apply_wheres(self.core.model, condition, self.wheres)
        return params

    async def go(self, **options: Unpack[OptionsGiven]) -> Result[R]:
        """Send the request; the data is None when there is no such item."""
        chosen = self.core.resolve(self.core.model.table_index, options_of(options))
        if chosen.wants_records and not self.core.listeners:
            response = await self.send(chosen, plain=False)
            item = response.get("Item")
            return Result(typed_record(self.core, item, chosen) if item else None)
        response = await self.send(chosen)
        if chosen.parse or chosen.data == "raw":
            return Result(cast("R", chosen.parse(response) if chosen.parse else response))
        return Result(record_of(self.core, response.get("Item"), chosen))


class Check(Get[R], frozen=True):
    """Demand something of an item, inside a transaction."""

    @property
    def method(self) -> str:
        """ElectroDB's word for the operation."""
        return "check"


class Put(Call[R], frozen=True):
    """Store one item; with `is_new` only where there is none."""

    is_new: bool = False

    @property
    def method(self) -> str:
        """ElectroDB's word for the operation."""
        return "put"

    def base_params(self, table: str, condition: Condition) -> Params:
        """The item."""
        item = self.core.make_item(self.given)
        if self.is_new:
            existence(self.core.model, condition, "attribute_not_exists")
        if self.wheres:
            apply_wheres(self.core.model, condition, self.wheres)
        return {"Item": item, "TableName": table}

    def params(self, **options: Unpack[OptionsGiven]) -> Params:
        """The parameters of the request, with Python values; nothing is sent.

        Raises:
            EntityError: the call cannot be turned into a request.
        """
        if options or self.wheres or self.is_new:
            return super().params(**options)
        core = self.core
        table = core.table or table_name(core.table, DEFAULTS)
        return {"Item": core.make_item(self.given), "TableName": table}

    async def go(self, **options: Unpack[OptionsGiven]) -> Result[R]:
        """Send the request; the data is the record as written, not read back."""
        chosen = self.core.resolve(self.core.model.table_index, options_of(options))
        response = await self.send_or_refuse(chosen)
        if isinstance(response, Result):
            return response
        rejected = False if chosen.return_on_condition_check_failure else None
        if chosen.parse or chosen.data == "raw":
            return Result(cast("R", chosen.parse(response) if chosen.parse else response), rejected)
        found = self._returned(response, chosen)
        return Result(None if not found else self.core.convert(found), rejected)

    def _returned(self, response: Params, options: Options) -> Params | None:
        if options.response == "none":
            return None
        if options.response == "default":
            item = self.core.make_item(self.given)
            return attributes_of_item(self.core.model, item, options)
        return attributes_of_item(self.core.model, response.get("Attributes") or {}, options)


class Write(Call[R], frozen=True):
    """A call that changes or removes one item."""

    async def go(self, **options: Unpack[OptionsGiven]) -> Result[dict[str, Any]]:
        """Send the request.

        The data is the composites of the table's key; with the option `response` it is the
        attributes that DynamoDB returns.

        Raises:
            StoreError: the condition does not hold, unless `return_on_condition_check_failure`.
        """
        chosen = self.core.resolve(self.core.model.table_index, options_of(options))
        response = await self.send_or_refuse(chosen)
        if isinstance(response, Result):
            return response
        rejected = False if chosen.return_on_condition_check_failure else None
        return Result(self._returned(response, chosen), rejected)

    def _returned(self, response: Params, options: Options) -> dict[str, Any] | None:
        if options.parse:
            return cast("dict[str, Any]", options.parse(response))
        if options.data == "raw":
            return response
        attributes = response.get("Attributes")
        if options.response == "none":
            return None
        if attributes:
            return attributes_of_item(self.core.model, attributes, options) or None
        if options.response == "default":
            return table_composites(self.core.model, self.given)
        return None


class Delete(Write[R], frozen=True):
    """Delete one item; with `must_exist` it is an error when there is none."""

    must_exist: bool = False

    @property
    def method(self) -> str:
        """ElectroDB's word for the operation."""
        return "delete"

    def base_params(self, table: str, condition: Condition) -> Params:
        """The item's key."""
        if self.must_exist:
            existence(self.core.model, condition, "attribute_exists")
        apply_wheres(self.core.model, condition, self.wheres)
        return simple_params(self.core.model, table, self.given)
