"""Transactions over the entities of a service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from crossfade.entity.calls.single_item import Action
from crossfade.entity.execution.context import ExecutionContext
from crossfade.entity.execution.decoding import record_of
from crossfade.entity.execution.send import Params, StoreError, send
from crossfade.entity.options import Options, OptionsGiven, options_of
from crossfade.entity.results import TransactionItem, TransactionResult
from crossfade.entity.values.attribute_values import unmarshal_item
from crossfade.errors import TransactionCanceled


@dataclass(frozen=True)
class Transaction:
    """A transaction.

    Args:
        method: ``transactWrite`` or ``transactGet``.
        context: the execution context whose client sends it.
        actions: its items, returned by `commit`.
    """

    method: str
    context: ExecutionContext[Any]
    actions: tuple[Action, ...]

    def params(self, **options: Unpack[OptionsGiven]) -> Params:
        """Return the parameters of the request, with plain Python values; nothing is sent."""
        return self._build(options_of(options))

    async def go(self, **options: Unpack[OptionsGiven]) -> TransactionResult:
        """Send the request; a canceled transaction is a result, not an error."""
        if not self.actions:
            return TransactionResult(canceled=False, data=[])
        chosen = options_of(options)
        try:
            response = await send(self.context, self.method, self._build(chosen), chosen)
        except (StoreError, TransactionCanceled) as error:
            cause = error.cause if isinstance(error, StoreError) else error
            if not isinstance(cause, TransactionCanceled):
                raise
            return TransactionResult(canceled=True, data=self._reasons(cause, chosen))
        if "Responses" not in response:
            written = [TransactionItem(rejected=False, code="None") for _ in self.actions]
            return TransactionResult(canceled=False, data=written)
        read = [
            TransactionItem(
                rejected=False, item=self._record(action, response_item.get("Item"), chosen)
            )
            for action, response_item in zip(self.actions, response["Responses"], strict=True)
        ]
        return TransactionResult(canceled=False, data=read)

    def _build(self, options: Options) -> Params:
        params: Params = {"TransactItems": [action.request for action in self.actions]}
        if options.token:
            params["ClientRequestToken"] = options.token
        return params

    def _reasons(self, canceled: TransactionCanceled, options: Options) -> list[TransactionItem]:
        return [
            TransactionItem(
                rejected=reason.code != "None",
                code=reason.code,
                message=reason.message or None,
                item=self._record(
                    action, unmarshal_item(reason.item) if reason.item else None, options
                ),
            )
            for action, reason in zip(self.actions, canceled.reasons, strict=False)
        ]

    def _record(self, action: Action, item: Mapping[str, Any] | None, options: Options) -> Any:
        return record_of(action.context, item, options)


Build = Callable[[Any], Iterable[Action]]
