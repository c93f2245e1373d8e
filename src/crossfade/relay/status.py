"""The delivery status of a row, as the ledger has it."""

from __future__ import annotations

from enum import StrEnum


class DeliveryStatus(StrEnum):
    """How far a row is delivered; for an application to show its users."""

    IN_BOTH_STORES = "in both stores"
    """Its newest state was delivered."""

    ON_ITS_WAY = "on its way"
    """It changed, and the change has not been delivered yet."""

    PARKED = "parked"
    """It cannot be delivered as it is; an operator must resolve the cause."""

    NOT_CAPTURED = "not captured"
    """It has not changed since the capture began, and the backfill has not finished."""

    UNKNOWN = "unknown"
    """The ledger did not answer in time."""
