"""Where a row stands on its way from the source to the target, as the ledger has it."""

from __future__ import annotations

from enum import StrEnum


class DeliveryStatus(StrEnum):
    """What an application may tell its users about a row of theirs."""

    IN_BOTH_STORES = "in both stores"
    """Its newest state was delivered."""

    ON_ITS_WAY = "on its way"
    """It changed, and the change has not been delivered yet."""

    PARKED = "parked"
    """It cannot be delivered as it is; an operator has to look at it."""

    NOT_CAPTURED = "not captured"
    """It was not changed since the capture began, and the backfill has not finished either."""

    UNKNOWN = "unknown"
    """The ledger did not answer in time."""
