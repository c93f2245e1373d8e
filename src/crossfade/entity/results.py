"""What executed calls give back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

from typing_extensions import TypeVar

R = TypeVar("R", default=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Result(Generic[R]):
    """The result for one item.

    Args:
        data: the record; None when there is none, or it is another entity's.
        rejected: whether a condition refused the write; None unless the call asked for it.
    """

    data: R | None
    rejected: bool | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some of a query's records.

    Args:
        data: the records.
        cursor: where to continue; None at the end.
        unprocessed: what the index holds of items that could not be hydrated.
    """

    data: list[R]
    cursor: Any = None
    unprocessed: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """Some of a collection's records, by the alias of their entity."""

    data: dict[str, list[Any]]
    cursor: Any = None
    unprocessed: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[R]):
    """The result of a batch get.

    Args:
        data: the records, None for items of other entities; with `preserve_batch_order` in the
            order of the keys, None for holes.
        unprocessed: what the store did not get to; send it again.
    """

    data: list[R | None]
    unprocessed: list[Any]


@dataclass(frozen=True, slots=True)
class BatchWritten:
    """The result of a batch put or delete: what the store did not get to; send it again."""

    unprocessed: list[Any]


@dataclass(frozen=True, slots=True)
class TransactionItem:
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


@dataclass(frozen=True, slots=True)
class TransactionResult:
    """What became of a transaction; a canceled one is a result, not an error."""

    canceled: bool
    data: list[TransactionItem]
