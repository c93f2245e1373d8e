"""The filters of lists of findings, and explanations of verdicts and versions. Pure."""

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
"""The filter value for items of no mapping; it cannot be a mapping's name."""

MEANINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.DRIFT_MISSING: "The row exists, but no live item.",
        Verdict.DRIFT_EXTRA: "A live item exists, but no row.",
        Verdict.DRIFT_STALE: "The item is older than the acknowledged version.",
        Verdict.DRIFT_DIFFERS: "The item and its row have different contents.",
        Verdict.DRIFT_POINTER: "The item refers to other objects than its row's content requires.",
        Verdict.DRIFT_OBJECT: "An object is missing, or its content does not match its name.",
        Verdict.DRIFT_FOREIGN: "No mapping makes this item; another program may have written it.",
        Verdict.DRIFT_UNCAPTURED: "The row was written without being captured by the triggers.",
    }
)
"""The meaning of each drift verdict, in one sentence."""


class FindingState(StrEnum):
    """A filter of findings by state."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters in the address of a list of findings.

    Attributes:
        entity: a mapping's name, `FOREIGN`, or empty for all.
        since: the earliest day on which a finding was first seen, in UTC.
        key: a prefix of the key's first column.
    """

    entity: str = ""
    verdict: Verdict | None = None
    cause: Cause | None = None
    state: FindingState = FindingState.OPEN
    since: date | None = None
    key: str = ""

    @property
    def query(self) -> FindingFilter:
        """Return the filter for the database."""
        return FindingFilter(
            entity={"": None, FOREIGN: ""}.get(self.entity, self.entity),
            verdict=self.verdict,
            cause=self.cause,
            is_open=None if self.state is FindingState.ALL else self.state is FindingState.OPEN,
            since=datetime.combine(self.since, time(), UTC) if self.since else None,
            key_prefix=self.key or None,
        )

    def link(self, **more: int) -> str:
        """Return the address of a list with these filters.

        Args:
            more: further parameters, such as ``after``.
        """
        given = {
            "entity": self.entity,
            "verdict": self.verdict or "",
            "cause": self.cause or "",
            "standing": self.state,
            "since": self.since or "",
            "key": self.key,
            **more,
        }
        return f"/findings?{urlencode({name: value for name, value in given.items() if value})}"


def version_text(evidence: Evidence) -> str:
    """Return a sentence that compares the versions in the ledger and the target."""
    source, acked, target = (
        evidence.source_version,
        evidence.acked_version,
        evidence.target_version,
    )
    ledger = (
        "The ledger has no version of this key"
        if not source
        else f"The ledger has version {source}, and version {acked or 0} is acknowledged"
    )
    if target is None:
        return f"{ledger}; the target has no item with a version."
    if not source or target == source:
        return f"{ledger}; the item has version {target}."
    order = "lower" if target < source else "higher"
    return f"{ledger}; the item has the {order} version {target}."
