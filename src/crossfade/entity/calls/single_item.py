"""The calls on single items: `get`, `put`, `create`, `delete`, `remove` and `check`."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Self, Unpack, cast

import msgspec
from typing_extensions import TypeVar

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.execution.context import ExecutionContext
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
    require_existence,
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
    """One item of a transaction, returned by `commit`."""

    context: ExecutionContext[Any]
    kind: str
    params: Params

    @property
    def request(self) -> Params:
        """Return the entry of TransactItems."""
        return {self.kind: self.params}


class _CallMeta(msgspec.StructMeta, ABCMeta):
    """The metaclass of abstract structs, which are constructed ten times as fast as dataclasses."""


class Call(msgspec.Struct, Generic[R], frozen=True, metaclass=_CallMeta):
    """A call on one item; each method returns a new call."""

    context: ExecutionContext[R]
    given: Mapping[str, Any]
    wheres: tuple[Where, ...] = ()

    @property
    @abstractmethod
    def method(self) -> str:
        """Return ElectroDB's name of the operation."""

    @abstractmethod
    def base_params(self, table: str, condition: Condition) -> Params:
        """Return the parameters without those of options; add requirements to the condition."""

    def where(self, where: Where) -> Self:
        """Add a condition: a function of the attributes and the operations that returns a string.

        Args:
            where: such as ``lambda a, op: op.eq(a.status, "open")``; several are joined with AND.
        """
        return msgspec.structs.replace(self, wheres=(*self.wheres, where))

    def filter(self, chosen: str | Filter, *arguments: Any) -> Self:
        """Add one of the schema's filters by name, or a function of attributes with operators.

        Args:
            chosen: such as ``lambda a, low: a.rent.gte(low)``.
            arguments: the function's arguments after the attributes.
        """
        return self.where(filter_of(self.context.model.schema.filters, chosen, arguments))

    def params(self, **options: Unpack[OptionsGiven]) -> Params:
        """Return the parameters of the request, with plain Python values; nothing is sent.

        Raises:
            EntityError: the call is invalid.
        """
        chosen = options_of(options)
        return self.build(chosen, chosen.request_params if options else {})

    def commit(self, **options: Unpack[OptionsGiven]) -> Action:
        """Return this call as an item of a transaction.

        Raises:
            EntityError: the call is invalid.
        """
        chosen = options_of(options)
        kind = _ACTIONS.get(self.method, "Delete")
        return Action(self.context, kind, self.build(chosen, chosen.transaction_params))

    def build(self, options: Options, extra: Params, *, executed: bool = False) -> Params:
        """Return the parameters, including those of options and the condition."""
        condition = Condition(strict=self.context.model.strict)
        params = self.base_params(table_name(self.context.table, options), condition)
        params = with_options(params, extra)
        if self.method == "get" and options.attributes:
            options = self.context.resolve(self.context.model.table_index, options)
            params = project(self.context.model, params, options, executed=executed)
        return with_condition(params, condition)

    async def send(self, options: Options, *, plain: bool = True) -> Params:
        """Send the request; return the response, with plain values unless `plain` is false."""
        params = self.build(options, options.request_params, executed=True)
        return await send(self.context, self.method, params, options, plain=plain)

    async def send_or_reject(self, options: Options) -> Params | Result[Any]:
        """Send the request; return the response, or a rejected result as the options require."""
        try:
            return await self.send(options)
        except (StoreError, ConditionFailed) as error:
            cause = error.cause if isinstance(error, StoreError) else error
            returned = options.return_on_condition_check_failure
            if not returned or not isinstance(cause, ConditionFailed):
                raise
        item = cause.item if returned == "all_old" else None
        found = owned_attributes(self.context.model, item and unmarshal_item(item), options)
        return Result(found, rejected=True)


class Get(Call[R], frozen=True):
    """A read of one item."""

    @property
    def method(self) -> str:
        """Return ElectroDB's name of the operation."""
        return "get"

    def base_params(self, table: str, condition: Condition) -> Params:
        """Return the item's key."""
        params = simple_params(self.context.model, table, self.given)
        if self.wheres and self.context.model.strict and self.method == "get":
            raise EntityError(
                Code.INVALID_WHERE, "DynamoDB supports no condition on the read of one item"
            )
        apply_wheres(self.context.model, condition, self.wheres)
        return params

    async def go(self, **options: Unpack[OptionsGiven]) -> Result[R]:
        """Send the request; the data is None if there is no item of this entity with the key."""
        chosen = self.context.resolve(self.context.model.table_index, options_of(options))
        if chosen.only_records and not self.context.listeners:
            response = await self.send(chosen, plain=False)
            item = response.get("Item")
            return Result(typed_record(self.context, item, chosen) if item else None)
        response = await self.send(chosen)
        if chosen.parse or chosen.data == "raw":
            return Result(cast("R", chosen.parse(response) if chosen.parse else response))
        return Result(record_of(self.context, response.get("Item"), chosen))


class Check(Get[R], frozen=True):
    """A condition on an item, in a transaction."""

    @property
    def method(self) -> str:
        """Return ElectroDB's name of the operation."""
        return "check"


class Put(Call[R], frozen=True):
    """A put of one item; with `is_new`, it must not exist."""

    is_new: bool = False

    @property
    def method(self) -> str:
        """Return ElectroDB's name of the operation."""
        return "put"

    def base_params(self, table: str, condition: Condition) -> Params:
        """Return the item."""
        item = self.context.make_item(self.given)
        if self.is_new:
            require_existence(self.context.model, condition, "attribute_not_exists")
        if self.wheres:
            apply_wheres(self.context.model, condition, self.wheres)
        return {"Item": item, "TableName": table}

    def params(self, **options: Unpack[OptionsGiven]) -> Params:
        """Return the parameters of the request, with plain Python values; nothing is sent.

        Raises:
            EntityError: the call is invalid.
        """
        if options or self.wheres or self.is_new:
            return super().params(**options)
        context = self.context
        table = context.table or table_name(context.table, DEFAULTS)
        return {"Item": context.make_item(self.given), "TableName": table}

    async def go(self, **options: Unpack[OptionsGiven]) -> Result[R]:
        """Send the request; the data is the record as written, without a read.

        Raises:
            StoreError: the condition is false, unless `return_on_condition_check_failure`.
        """
        chosen = self.context.resolve(self.context.model.table_index, options_of(options))
        response = await self.send_or_reject(chosen)
        if isinstance(response, Result):
            return response
        rejected = False if chosen.return_on_condition_check_failure else None
        if chosen.parse or chosen.data == "raw":
            return Result(cast("R", chosen.parse(response) if chosen.parse else response), rejected)
        found = self._returned(response, chosen)
        return Result(None if not found else self.context.convert(found), rejected)

    def _returned(self, response: Params, options: Options) -> Params | None:
        if options.response == "none":
            return None
        if options.response == "default":
            item = self.context.make_item(self.given)
            return attributes_of_item(self.context.model, item, options)
        return attributes_of_item(self.context.model, response.get("Attributes") or {}, options)


class Write(Call[R], frozen=True):
    """A call that changes or removes one item."""

    async def go(self, **options: Unpack[OptionsGiven]) -> Result[dict[str, Any]]:
        """Send the request.

        The data is the composites of the table's key; with the option `response`, the attributes
        that DynamoDB returns.

        Raises:
            StoreError: the condition is false, unless `return_on_condition_check_failure`.
        """
        chosen = self.context.resolve(self.context.model.table_index, options_of(options))
        response = await self.send_or_reject(chosen)
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
            return attributes_of_item(self.context.model, attributes, options) or None
        if options.response == "default":
            return table_composites(self.context.model, self.given)
        return None


class Delete(Write[R], frozen=True):
    """A deletion of one item; with `must_exist`, it must exist."""

    must_exist: bool = False

    @property
    def method(self) -> str:
        """Return ElectroDB's name of the operation."""
        return "delete"

    def base_params(self, table: str, condition: Condition) -> Params:
        """Return the item's key."""
        if self.must_exist:
            require_existence(self.context.model, condition, "attribute_exists")
        apply_wheres(self.context.model, condition, self.wheres)
        return simple_params(self.context.model, table, self.given)
