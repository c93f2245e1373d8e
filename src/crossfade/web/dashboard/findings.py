"""What the lists of findings are asked for, and what their facts mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlencode

from crossfade.parity.model import Cause, Evidence, Verdict
from crossfade.postgres.monitoring.finding_lists import FindingFilter

FOREIGN = "(foreign)"
"""Names items that belong to no row, which no mapping can be called."""

MEANINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.DRIFT_MISSING: "The row is there, a live item is not.",
        Verdict.DRIFT_EXTRA: "A live item is there, the row is not.",
        Verdict.DRIFT_STALE: "The item is older than what was acknowledged.",
        Verdict.DRIFT_DIFFERS: "The item has another content than its row.",
        Verdict.DRIFT_POINTER: "The item names other objects than its row has.",
        Verdict.DRIFT_OBJECT: "An object is missing, or is not what its name says.",
        Verdict.DRIFT_FOREIGN: "No mapping makes such an item; whose it is, only you know.",
        Verdict.DRIFT_UNCAPTURED: "The row was written behind the triggers.",
    }
)
"""What each verdict of a finding means, in a sentence."""


class Standing(StrEnum):
    """Which findings are listed."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of an address.

    Attributes:
        entity: a mapping's name, `FOREIGN`, or empty for all.
        since: the day from which on findings were first seen, in UTC.
        key: how the key's first column begins.
    """

    entity: str = ""
    verdict: Verdict | None = None
    cause: Cause | None = None
    standing: Standing = Standing.OPEN
    since: date | None = None
    key: str = ""

    @property
    def chosen(self) -> FindingFilter:
        """The filter of the list."""
        return FindingFilter(
            entity={"": None, FOREIGN: ""}.get(self.entity, self.entity),
            verdict=self.verdict,
            cause=self.cause,
            is_open=None if self.standing is Standing.ALL else self.standing is Standing.OPEN,
            since=datetime.combine(self.since, time(), UTC) if self.since else None,
            key_prefix=self.key or None,
        )

    def link(self, **more: int) -> str:
        """Return the address of a list with the same filters."""
        given = {
            "entity": self.entity,
            "verdict": self.verdict or "",
            "cause": self.cause or "",
            "standing": self.standing,
            "since": self.since or "",
            "key": self.key,
            **more,
        }
        return f"/findings?{urlencode({name: value for name, value in given.items() if value})}"


def versions_told(evidence: Evidence) -> str:
    """Say how the versions of both sides stand to each other."""
    source, acked, target = (
        evidence.source_version,
        evidence.acked_version,
        evidence.target_version,
    )
    ledger = (
        "The ledger has no version of this key"
        if not source
        else f"The ledger is at version {source}, and knows version {acked or 0} to have arrived"
    )
    if target is None:
        return f"{ledger}; no item with a version stands in the target."
    if not source or target == source:
        return f"{ledger}; the item carries version {target}."
    side = "an older one" if target < source else "one above it"
    return f"{ledger}; the item carries {side}, version {target}."
