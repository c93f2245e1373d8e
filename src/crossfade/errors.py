"""Every error Crossfade raises, one tree.

Two branches matter to a caller who retries. `Rejected` is the record's own fault: sending it again
fails again, and the relay parks its key. `Unavailable` is the store's fault: the same record
succeeds once the store is back.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


class CrossfadeError(Exception):
    """The base of every error raised by Crossfade."""


class ConfigurationError(CrossfadeError):
    """A setting or a declaration is missing, malformed or contradicts another one."""


class Rejected(CrossfadeError):
    """This record cannot be stored as it is; trying again without a change is of no use."""


class Unmappable(Rejected):
    """A column's value has no exact form in DynamoDB under the declared rule.

    Args:
        field: the column (never its value).
        kind: what was found there, such as ``numeric with 52 digits``.
        remedy: what to change, such as ``declare the column with Rule.TEXT``.
    """

    def __init__(self, field: str, kind: str, remedy: str) -> None:
        super().__init__(f"{field}: {kind}; {remedy}")
        self.field = field
        self.kind = kind
        self.remedy = remedy


class NoItemKey(Unmappable):
    """A row's key columns make no key that DynamoDB takes; such a row never had an item."""


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
    """A content is larger than the object store is set to hold."""

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
    """A table or a bucket still holds something, and is deleted only when it holds nothing."""


class UndeliveredChanges(CrossfadeError):
    """Keys of the ledger are still dirty, and nothing would remember them."""


class ConditionFailed(CrossfadeError):
    """A conditional write was refused; `item` is what stands there, when the store said so."""

    def __init__(self, item: dict[str, Any] | None = None) -> None:
        super().__init__("the condition of a conditional write does not hold")
        self.item = item


@dataclass(frozen=True, slots=True)
class CancellationReason:
    """Why one entry of a transaction was refused.

    Attributes:
        code: DynamoDB's code; ``None`` (the text) for an entry that is not at fault.
        item: what stands there, when the entry asked for it.
        message: DynamoDB's explanation, when it gave one.
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
    """The store cannot take this request now; the record itself is not at fault."""


class BreakerOpen(Unavailable):
    """The call was not made: the store failed too often in a row; it is tried after `seconds`."""

    def __init__(self, store: str, seconds: float) -> None:
        super().__init__(f"{store} failed too often in a row; it is left alone for {seconds:.1f} s")
        self.seconds = seconds


class Unreachable(Unavailable):
    """No connection to the store, or the connection broke."""


class Interrupted(Unreachable):
    """The connection broke before the answer was complete; the write may have happened or not."""


class Overloaded(Unavailable):
    """More calls wait for a connection than the client allows, or for longer; nothing was sent."""


class TimedOut(Unavailable):
    """The deadline passed without an answer; the write may have happened or not."""


class Throttled(Unavailable):
    """The store asks for fewer requests."""


class Contended(Unavailable):
    """Another write holds the item at this moment; this one had no effect."""


class ServerFault(Unavailable):
    """The store answered with an error of its own (HTTP 5xx)."""


class CorruptResponse(Unavailable):
    """An answer does not match its checksum or cannot be parsed."""


class AccessDenied(Unavailable):
    """The credentials are missing, expired, wrong, or lack a permission."""


class CredentialsExpired(AccessDenied):
    """The store refused the credentials for their age; newer ones may pass."""


class NoSuchStore(Unavailable):
    """The table or the bucket does not exist under the configured name."""


class NoProgress(CrossfadeError):
    """A job that must advance did not; it ends, so that it cannot run for ever."""


class RecordsLost(CrossfadeError):
    """A verification pass cannot go on: what it had read is not there any more."""


class RecordsInUse(RecordsLost):
    """A verification pass is under way in another process."""


class SchemaChanged(Unavailable):
    """A table no longer has the columns that its mapping declares; its keys wait.

    Args:
        message: how it has changed.
        entity: the mapping's name; empty when it is not known.
    """

    def __init__(self, message: str, entity: str = "") -> None:
        super().__init__(message)
        self.entity = entity


class BrokenPointer(CrossfadeError):
    """An object that an item points to cannot be read back."""


class MissingObject(BrokenPointer):
    """No object stands under this key."""


class DamagedObject(BrokenPointer):
    """The object's content does not match the digest in its key."""


class OversizedObject(DamagedObject):
    """The object holds more than the store is set to read; whether it is whole is unknown."""


class InvalidKey(Rejected):
    """A text is not a key of the object store's own making."""


class DigestMismatch(InvalidKey):
    """A content is not the one that its object key names; it changed since the key was made."""
