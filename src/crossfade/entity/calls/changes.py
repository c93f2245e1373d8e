"""The calls that change single items: `update`, `patch` and `upsert`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import msgspec
from typing_extensions import TypeVar

from crossfade.entity.calls.single_item import Write
from crossfade.entity.errors import Code, EntityError
from crossfade.entity.execution.send import Params
from crossfade.entity.expressions.conditions import Condition
from crossfade.entity.expressions.updates import Data, Operator
from crossfade.entity.requests.single_item import apply_wheres, require_existence
from crossfade.entity.requests.update import (
    Assign,
    ChangeStep,
    Compose,
    Compute,
    Remove,
    update_params,
)
from crossfade.entity.requests.upsert import UpsertStep, upsert_params
from crossfade.entity.values.records import attributes_of

R = TypeVar("R", default=dict[str, Any])


class Change(Write[R], frozen=True):
    """A call that assigns to attributes; each method returns a new call."""

    @property
    def method(self) -> str:
        """Return ElectroDB's name of the operation."""
        return "update"

    @abstractmethod
    def _assigned(self, operator: Operator, values: Mapping[str, Any]) -> Self:
        """Return this call with one more assignment."""

    def set(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Set attributes; in an update, a mapping may have paths such as ``contact.phones[0]``."""
        return self._assigned(Operator.SET, attributes_of(values, named))

    def if_not_exists(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Set those attributes that the item does not have."""
        return self._assigned(Operator.IF_NOT_EXISTS, attributes_of(values, named))

    def add(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Add to numbers, or members to sets."""
        return self._assigned(Operator.ADD, attributes_of(values, named))

    def subtract(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Subtract from numbers."""
        return self._assigned(Operator.SUBTRACT, attributes_of(values, named))

    def append(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Append elements to lists."""
        return self._assigned(Operator.APPEND, attributes_of(values, named))


class Update(Change[R], frozen=True):
    """A change of one item, which is created unless `must_exist` requires that it exists."""

    steps: tuple[ChangeStep, ...] = ()
    must_exist: bool = False

    def base_params(self, table: str, condition: Condition) -> Params:
        """Return the update expression and the key."""
        if self.must_exist:
            require_existence(self.context.model, condition, "attribute_exists")
        params = update_params(self.context.model, table, self.given, self.steps, condition)
        apply_wheres(self.context.model, condition, self.wheres)
        return params

    def _with(self, step: ChangeStep) -> Self:
        if self.wheres:
            raise EntityError(
                Code.INVALID_WHERE, "a change must precede the first where; reorder the calls"
            )
        return msgspec.structs.replace(self, steps=(*self.steps, step))

    def _assigned(self, operator: Operator, values: Mapping[str, Any]) -> Self:
        return self._with(Assign(operator, values))

    def delete(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Delete members from sets."""
        return self._assigned(Operator.DELETE, attributes_of(values, named))

    def remove(self, *paths: str) -> Self:
        """Remove attributes."""
        return self._with(Remove(paths))

    def data(self, callback: Data) -> Self:
        """Change attributes in a callback: ``lambda a, op: op.set(a.total, op.name(a.sum))``."""
        return self._with(Compute(callback))

    def composite(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Give unchanged composites that index keys need; the item must have these values."""
        return self._with(Compose(attributes_of(values, named)))


class Upsert(Change[R], frozen=True):
    """A change of one item, or its creation, validated as a put."""

    steps: tuple[UpsertStep, ...] = ()

    def base_params(self, table: str, condition: Condition) -> Params:
        """Return the update expression and the key."""
        first = UpsertStep(Operator.SET, self.given)
        params = upsert_params(self.context.model, table, (first, *self.steps))
        apply_wheres(self.context.model, condition, self.wheres)
        return params

    def _assigned(self, operator: Operator, values: Mapping[str, Any]) -> Self:
        step = UpsertStep(operator, values)
        return msgspec.structs.replace(self, steps=(*self.steps, step))
