"""The charts of the parity page, from runs and coverage. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from crossfade.mapping.coverage import COVERAGE_PARTS
from crossfade.postgres.monitoring.details import Bucket, EntityCoverage
from crossfade.postgres.monitoring.history import PastRun
from crossfade.rendering import Chart, chart, count, counted, duration, floor_below, moment, percent

WINDOW_SECONDS = 14 * 86_400.0
AGES: tuple[tuple[float, str], ...] = (
    (3600.0, "compared within an hour"),
    (86_400.0, "compared within a day"),
    (WINDOW_SECONDS / 2, "compared within a week"),
    (WINDOW_SECONDS, "compared within two weeks"),
    (float("inf"), "compared before that"),
)
"""Classes of age, newest first: the upper bound in seconds, and a text."""
NEVER = len(AGES)
"""The class of buckets that were never compared."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Adjacent buckets of one class of age.

    Attributes:
        start: the number of the first bucket.
        width: the number of buckets.
        age: the class of age, an index of `AGES` or `NEVER`.
        label: the tooltip.
    """

    start: int
    width: int
    age: int
    is_drifted: bool
    label: str


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """The coverage of one mapping.

    Attributes:
        share: the share of buckets that were compared within the window of validation.
        keys: the keys of the buckets when they were compared.
        drifted: the keys that differed then.
        oldest_seconds: the age of the oldest comparison; None if a bucket was never compared.
    """

    name: str
    strips: tuple[Strip, ...]
    share: float
    keys: int
    drifted: int
    oldest_seconds: float | None


def parity_chart(runs: Sequence[PastRun], now: datetime) -> Chart:
    """Return the chart of the parity of ended runs over the window of validation.

    Args:
        runs: the runs, in any order.
        now: the end of the window.
    """
    ended = sorted(
        (run for run in runs if run.parity is not None and run.finished_at is not None),
        key=lambda run: run.started_at,
    )
    end = now.timestamp()
    return chart(
        [(run.started_at.timestamp(), run.parity or 0.0, run_label(run)) for run in ended],
        low=floor_below([run.parity or 0.0 for run in ended]),
        high=1.0,
        between=(end - WINDOW_SECONDS, end),
    )


def run_label(run: PastRun) -> str:
    """Return the tooltip of a run."""
    without = f", without {', '.join(run.left_out)}" if run.left_out else ""
    return (
        f"run {run.id}, {run.kind}{without}, {moment(run.started_at)}: {percent(run.parity)}, "
        f"{count(run.drifted_keys)} different, {count(run.lagging_keys)} on their way"
    )


def age_class(seconds: float) -> int:
    """Return the class of an age; 0 is the newest."""
    return next(number for number, (bound, _) in enumerate(AGES) if seconds <= bound)


def coverage_row(entity: EntityCoverage) -> CoverageRow:
    """Return the coverage of one mapping as a row of strips."""
    buckets = entity.buckets
    is_complete = len(buckets) == COVERAGE_PARTS
    recent = sum(bucket.seconds <= WINDOW_SECONDS for bucket in buckets)
    return CoverageRow(
        name=entity.name,
        strips=tuple(_strips({bucket.bucket: bucket for bucket in buckets})),
        share=recent / COVERAGE_PARTS,
        keys=sum(bucket.keys for bucket in buckets),
        drifted=sum(bucket.drifted for bucket in buckets),
        oldest_seconds=max(bucket.seconds for bucket in buckets) if is_complete else None,
    )


def age_counts(rows: Sequence[CoverageRow]) -> list[tuple[str, int, int]]:
    """Return the classes of age that occur, each as (text, class, number of buckets)."""
    counted: Counter[int] = Counter()
    for row in rows:
        for strip in row.strips:
            counted[strip.age] += strip.width
    texts = [*(text for _, text in AGES), "never compared"]
    return [(texts[age], age, counted[age]) for age in sorted(counted)]


def _strips(known: dict[int, Bucket]) -> Iterator[Strip]:
    def class_of(number: int) -> tuple[int, int]:
        """Return the class of age, and for drifted buckets their number, to keep them single."""
        bucket = known.get(number)
        if bucket is None:
            return NEVER, -1
        return age_class(bucket.seconds), number if bucket.drifted else -1

    for (age, drifted), group in groupby(range(COVERAGE_PARTS), key=class_of):
        numbers = list(group)
        members = [known[number] for number in numbers if number in known]
        yield Strip(numbers[0], len(numbers), age, drifted >= 0, _label(numbers, members))


def _label(numbers: Sequence[int], members: Sequence[Bucket]) -> str:
    first, last = numbers[0], numbers[-1]
    name = f"bucket {first}" if first == last else f"buckets {first} to {last}"
    if not members:
        return f"{name}: never compared"
    oldest = duration(max(member.seconds for member in members))
    keys = counted(sum(member.keys for member in members), "key")
    drifted = sum(member.drifted for member in members)
    different = f", {count(drifted)} different" if drifted else ""
    return f"{name}: compared {oldest} ago, {keys}{different}"
