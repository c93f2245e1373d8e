"""The results of executed calls."""

from __future__ import annotations

from typing import Any, Generic

import msgspec
from typing_extensions import TypeVar

R = TypeVar("R", default=dict[str, Any])


class Result(msgspec.Struct, Generic[R], frozen=True):
    """The result for one item.

    Args:
        data: the record; None if there is no item, or it is another entity's.
        rejected: whether the condition was false; None without
            `return_on_condition_check_failure`.
    """

    data: R | None
    rejected: bool | None = None


class Page(msgspec.Struct, Generic[R], frozen=True):
    """A page of a query's records.

    Args:
        data: the records.
        cursor: the cursor of the next page; None after the last one.
        unprocessed: the index's attributes of items that could not be read from the table.
    """

    data: list[R]
    cursor: Any = None
    unprocessed: tuple[Any, ...] = ()


class CollectionPage(msgspec.Struct, frozen=True):
    """A page of a collection's records, by the alias of their entity; see `Page`."""

    data: dict[str, list[Any]]
    cursor: Any = None
    unprocessed: tuple[Any, ...] = ()


class BatchResult(msgspec.Struct, Generic[R], frozen=True):
    """The result of a batch get.

    Args:
        data: the records, None for items of other entities; with `preserve_batch_order` in the
            order of the keys, None for absent items.
        unprocessed: the composites of the keys that the store did not process; send them again.
    """

    data: list[R | None]
    unprocessed: list[Any]


class BatchWritten(msgspec.Struct, frozen=True):
    """The result of a batch put or delete.

    Args:
        unprocessed: the items or composites that the store did not process; send them again.
    """

    unprocessed: list[Any]


class TransactionItem(msgspec.Struct, frozen=True):
    """The result of one item of a transaction.

    Args:
        rejected: whether this item caused the transaction to be canceled.
        code: DynamoDB's reason code; None for reads.
        message: DynamoDB's message.
        item: the record read, or the existing record if the item was committed with
            ``response="all_old"``.
    """

    rejected: bool
    code: str | None = None
    message: str | None = None
    item: Any = None


class TransactionResult(msgspec.Struct, frozen=True):
    """The result of a transaction; a canceled one is a result, not an error."""

    canceled: bool
    data: list[TransactionItem]
