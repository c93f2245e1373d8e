"""The stores of verification, opened once and shared by full passes and continuous runs."""

from __future__ import annotations

from dataclasses import dataclass

from crossfade.parity.comparison.readers import Readers
from crossfade.parity.lag_alarm import LagAlarm
from crossfade.parity.ports import (
    Checker,
    CoverageStore,
    FindingStore,
    ObjectReader,
    Rows,
    RunStore,
    Table,
    UnverifiedKeys,
)
from crossfade.ports import Observer


@dataclass(frozen=True, slots=True)
class VerificationStores:
    """What verification reads, and where it records its results.

    Attributes:
        readers: turn rows and items into records.
        rows: whole tables of the source, or of a replica.
        table: the whole table of the target.
        objects: the large columns.
        checker: compares single keys, in the stores themselves.
        alarm: checked at every step.
    """

    readers: Readers
    rows: Rows
    table: Table
    objects: ObjectReader
    checker: Checker
    findings: FindingStore
    runs: RunStore
    coverage: CoverageStore
    unverified: UnverifiedKeys
    alarm: LagAlarm
    observe: Observer
