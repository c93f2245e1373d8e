"""What the parity page makes of runs and coverage: pictures as values. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from crossfade.mapping.coverage import COVERAGE_PARTS
from crossfade.postgres.monitoring.details import Bucket, EntityCoverage
from crossfade.postgres.monitoring.history import PastRun
from crossfade.rendering import Chart, chart, count, duration, floor_below, moment, percent

WINDOW_SECONDS = 14 * 86_400.0
AGES: tuple[tuple[float, str], ...] = (
    (3600.0, "compared within an hour"),
    (86_400.0, "compared within a day"),
    (WINDOW_SECONDS / 2, "compared within a week"),
    (WINDOW_SECONDS, "compared within two weeks"),
    (float("inf"), "compared before that"),
)
"""Classes of age, newest first: the bound in seconds, and its words."""
NEVER = len(AGES)
"""The class of what was never compared."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Parts of one class side by side: where they are drawn, of all of them, and what they say."""

    start: int
    width: int
    age: int
    is_drifted: bool
    label: str


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """The coverage of one mapping.

    Attributes:
        share: of its buckets that were compared within the window of validation.
        keys: keys of the buckets, when they were compared.
        drifted: keys of them that were found apart then.
        oldest_seconds: the age of the oldest comparison; None with a bucket that has none.
    """

    name: str
    strips: tuple[Strip, ...]
    share: float
    keys: int
    drifted: int
    oldest_seconds: float | None


def parity_chart(runs: Sequence[PastRun], now: datetime) -> Chart:
    """Return the parity of ended runs over the window of validation.

    Args:
        runs: in any order.
        now: the window's end.
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
    """Return what a run says when pointed at."""
    without = f", without {', '.join(run.left_out)}" if run.left_out else ""
    return (
        f"run {run.id}, {run.kind}{without}, {moment(run.started_at)}: {percent(run.parity)}, "
        f"{count(run.drifted_keys)} apart, {count(run.lagging_keys)} on their way"
    )


def age_class(seconds: float) -> int:
    """Return the class of an age, 0 the newest."""
    return next(place for place, (bound, _) in enumerate(AGES) if seconds <= bound)


def coverage_row(entity: EntityCoverage) -> CoverageRow:
    """Return the map of one mapping."""
    buckets = entity.buckets
    is_whole = len(buckets) == COVERAGE_PARTS
    recent = sum(bucket.seconds <= WINDOW_SECONDS for bucket in buckets)
    return CoverageRow(
        name=entity.name,
        strips=tuple(_strips({bucket.bucket: bucket for bucket in buckets})),
        share=recent / COVERAGE_PARTS,
        keys=sum(bucket.keys for bucket in buckets),
        drifted=sum(bucket.drifted for bucket in buckets),
        oldest_seconds=max(bucket.seconds for bucket in buckets) if is_whole else None,
    )


def ages_told(rows: Sequence[CoverageRow]) -> list[tuple[str, int, int]]:
    """Return each class of age that occurs: its words, its number, and its buckets."""
    counted: Counter[int] = Counter()
    for row in rows:
        for strip in row.strips:
            counted[strip.age] += strip.width
    words = [*(text for _, text in AGES), "never compared"]
    return [(words[age], age, counted[age]) for age in sorted(counted)]


def _strips(known: dict[int, Bucket]) -> Iterator[Strip]:
    def look(number: int) -> tuple[int, int]:
        bucket = known.get(number)
        if bucket is None:
            return NEVER, -1
        return age_class(bucket.seconds), number if bucket.drifted else -1

    for (age, drifted), group in groupby(range(COVERAGE_PARTS), key=look):
        numbers = list(group)
        members = [known[number] for number in numbers if number in known]
        yield Strip(numbers[0], len(numbers), age, drifted >= 0, _label(numbers, members))


def _label(numbers: Sequence[int], members: Sequence[Bucket]) -> str:
    first, last = numbers[0], numbers[-1]
    where = f"bucket {first}" if first == last else f"buckets {first} to {last}"
    if not members:
        return f"{where}: never compared"
    oldest = duration(max(member.seconds for member in members))
    keys = count(sum(member.keys for member in members))
    drifted = sum(member.drifted for member in members)
    apart = f", {count(drifted)} apart" if drifted else ""
    return f"{where}: compared {oldest} ago, {keys} keys{apart}"
