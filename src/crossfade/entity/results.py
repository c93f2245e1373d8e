"""What executed calls give back."""

from __future__ import annotations

from typing import Any, Generic

import msgspec
from typing_extensions import TypeVar

R = TypeVar("R", default=dict[str, Any])


class Result(msgspec.Struct, Generic[R], frozen=True):
    """The result for one item.

    Args:
        data: the record; None when there is none, or it is another entity's.
        rejected: whether a condition refused the write; None unless the call asked for it.
    """

    data: R | None
    rejected: bool | None = None


class Page(msgspec.Struct, Generic[R], frozen=True):
    """Some of a query's records.

    Args:
        data: the records.
        cursor: where to continue; None at the end.
        unprocessed: what the index holds of items that could not be hydrated.
    """

    data: list[R]
    cursor: Any = None
    unprocessed: tuple[Any, ...] = ()


class CollectionPage(msgspec.Struct, frozen=True):
    """Some of a collection's records, by the alias of their entity."""

    data: dict[str, list[Any]]
    cursor: Any = None
    unprocessed: tuple[Any, ...] = ()


class BatchResult(msgspec.Struct, Generic[R], frozen=True):
    """The result of a batch get.

    Args:
        data: the records, None for items of other entities; with `preserve_batch_order` in the
            order of the keys, None for holes.
        unprocessed: what the store did not get to; send it again.
    """

    data: list[R | None]
    unprocessed: list[Any]


class BatchWritten(msgspec.Struct, frozen=True):
    """The result of a batch put or delete: what the store did not get to; send it again."""

    unprocessed: list[Any]


class TransactionItem(msgspec.Struct, frozen=True):
    """What became of one item of a transaction.

    Args:
        rejected: whether this item is why the transaction was canceled.
        code: DynamoDB's reason; None for reads.
        message: DynamoDB's explanation.
        item: the record read, or what stands there when the item asked for it.
    """

    rejected: bool
    code: str | None = None
    message: str | None = None
    item: Any = None


class TransactionResult(msgspec.Struct, frozen=True):
    """What became of a transaction; a canceled one is a result, not an error."""

    canceled: bool
    data: list[TransactionItem]
