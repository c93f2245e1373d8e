"""The errors that Crossfade raises, all below `CrossfadeError`.

Two branches matter for retries. `Rejected` is caused by the record: sending it again fails again,
and the relay parks its key. `Unavailable` is caused by the store: the same record succeeds once the
store is available.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


class CrossfadeError(Exception):
    """The base class of all errors of Crossfade."""


class ConfigurationError(CrossfadeError):
    """A setting or a declaration is missing, malformed, or contradicts another one."""


class Rejected(CrossfadeError):
    """The record cannot be stored as it is; a retry without a change fails again."""


class Unmappable(Rejected):
    """A column's value has no exact form in DynamoDB under the declared rule.

    Args:
        field: the column's name.
        kind: the kind of the value, never the value, such as ``a number with 52 digits``.
        remedy: what to change, such as ``declare the column with Rule.TEXT``.
    """

    def __init__(self, field: str, kind: str, remedy: str) -> None:
        super().__init__(f"{field}: {kind}; {remedy}")
        self.field = field
        self.kind = kind
        self.remedy = remedy


class NoItemKey(Unmappable):
    """DynamoDB accepts no key for a row's key columns; such a row never had an item."""


class TooLarge(Rejected):
    """An item is larger than the 409,600 bytes that DynamoDB stores.

    Source: Amazon DynamoDB Developer Guide, "Quotas", item size.
    """

    def __init__(self, item_bytes: int, item_bytes_max: int) -> None:
        super().__init__(
            f"the item has {item_bytes} bytes, the limit is {item_bytes_max}; "
            "declare its large columns as bodies, so that they are stored in S3"
        )
        self.item_bytes = item_bytes
        self.item_bytes_max = item_bytes_max


class ObjectTooLarge(Rejected):
    """A content exceeds the size limit that is set for the object store."""

    def __init__(self, plain_bytes: int, plain_bytes_max: int) -> None:
        super().__init__(
            f"the content has {plain_bytes} bytes or more, the limit is {plain_bytes_max}; "
            "raise plain_bytes_max of the object store, or shorten it"
        )
        self.plain_bytes = plain_bytes
        self.plain_bytes_max = plain_bytes_max


class InvalidRequest(Rejected):
    """The store understood the request and refused it as malformed."""


class StoreNotEmpty(CrossfadeError):
    """A table or a bucket was not deleted because it is not empty."""


class UndeliveredChanges(CrossfadeError):
    """The ledger was not removed because its dirty keys would be lost."""


class ConditionFailed(CrossfadeError):
    """A conditional write was refused; `item` is the existing item, if the store returned it."""

    def __init__(self, item: dict[str, Any] | None = None) -> None:
        super().__init__("the condition of a conditional write does not hold")
        self.item = item


@dataclass(frozen=True, slots=True)
class CancellationReason:
    """The reason why one entry of a transaction was refused.

    Attributes:
        code: DynamoDB's code; the text ``None`` for an entry that did not fail.
        item: the existing item, if the entry asked for it.
        message: DynamoDB's explanation; may be empty.
    """

    code: str
    item: dict[str, Any] | None = dataclasses.field(default=None, repr=False)
    message: str = ""


class TransactionCanceled(CrossfadeError):
    """A transaction was refused as a whole; `reasons` has one entry for each of its actions."""

    def __init__(self, reasons: tuple[CancellationReason, ...]) -> None:
        codes = ", ".join(reason.code for reason in reasons)
        super().__init__(f"the transaction was refused: {codes or 'no reason given'}")
        self.reasons = reasons


class Unavailable(CrossfadeError):
    """The store cannot answer this request now; the record is not the cause."""


class BreakerOpen(Unavailable):
    """The call was not made: the store's breaker is open for further `seconds`."""

    def __init__(self, store: str, seconds: float) -> None:
        super().__init__(
            f"{store} failed too often in a row; its breaker is open for {seconds:.1f} s"
        )
        self.seconds = seconds


class Unreachable(Unavailable):
    """No connection to the store, or the connection broke."""


class Interrupted(Unreachable):
    """The connection broke before the response was complete; a write may have succeeded."""


class Overloaded(Unavailable):
    """Too many calls wait for a connection, or one waited too long; nothing was sent."""


class TimedOut(Unavailable):
    """The deadline passed without a response; a write may have succeeded."""


class Throttled(Unavailable):
    """The store asks for fewer requests."""


class Contended(Unavailable):
    """Another write of the item was in progress; this one had no effect."""


class ServerFault(Unavailable):
    """The store answered with an internal error (HTTP 5xx)."""


class CorruptResponse(Unavailable):
    """A response does not match its checksum or cannot be parsed."""


class AccessDenied(Unavailable):
    """The credentials are missing, expired or wrong, or lack a permission."""


class CredentialsExpired(AccessDenied):
    """The credentials have expired; refreshed ones may succeed."""


class NoSuchStore(Unavailable):
    """The table or the bucket does not exist under the configured name."""


class NoProgress(CrossfadeError):
    """A job made no progress and was ended, so that it does not run for ever."""


class RecordsLost(CrossfadeError):
    """A verification pass cannot be resumed: its records are missing or incomplete."""


class RecordsInUse(RecordsLost):
    """A verification pass cannot be resumed: another process is working on it."""


class SchemaChanged(Unavailable):
    """A table no longer has the columns that its mapping declares; its entity is paused or skipped.

    Args:
        message: how the table has changed.
        entity: the mapping's name; empty if unknown.
    """

    def __init__(self, message: str, entity: str = "") -> None:
        super().__init__(message)
        self.entity = entity


class BrokenPointer(CrossfadeError):
    """An object that an item points to cannot be read."""


class MissingObject(BrokenPointer):
    """No object has this key."""


class DamagedObject(BrokenPointer):
    """The object's content does not match the digest in its key."""


class OversizedObject(DamagedObject):
    """The object exceeds the size limit of reads, so whether it is intact is unknown."""


class InvalidKey(Rejected):
    """A text is not a key that Crossfade gives to objects."""


class DigestMismatch(InvalidKey):
    """A content does not match the digest in its object key: it changed after the key was made."""
