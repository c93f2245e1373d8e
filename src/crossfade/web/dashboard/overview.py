"""The contents of the overview: a headline, concerns, tiles and charts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from crossfade.postgres.monitoring.overview import (
    FINDINGS_MAX,
    MINUTES,
    EntityNow,
    FailureMinute,
    LagMinute,
    Overview,
)
from crossfade.rendering import (
    HEIGHT,
    WIDTH,
    Bar,
    Chart,
    bars,
    chart,
    count,
    counted,
    duration,
    moment,
)
from crossfade.web.dashboard.snapshot import Snapshot

STORES = {"dynamodb": "DynamoDB", "s3": "S3"}
"""The display names of the stores that have a breaker."""
TRANSACTION_SECONDS_MAX = 900.0
"""A transaction that is open for longer is a concern."""


class Tone(StrEnum):
    """The severity of a fact; each tone has a sign and a word besides its colour."""

    WELL = "well"
    BUSY = "busy"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Concern:
    """A problem and its remedy.

    Attributes:
        page: the path of a page with details; empty for none.
    """

    tone: Tone
    problem: str
    remedy: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure.

    Attributes:
        page: the path of a page with details; empty for none.
        is_long: whether the value is set in smaller type.
    """

    label: str
    value: str
    note: str
    tone: Tone = Tone.WELL
    page: str = ""
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """The failures of one class of error, in the last two minutes and in the last hour."""

    error: str
    last_minutes: int
    hour: int


def facts(snapshot: Snapshot) -> dict[str, Any]:
    """Return the template's variables."""
    found = tuple(sorted(concerns(snapshot), key=lambda concern: concern.tone is not Tone.BAD))
    now = snapshot.now
    return {
        "now": now,
        "gates": snapshot.gates,
        "closed_gates": sum(not gate.is_passed for gate in snapshot.gates.gates),
        "concerns": found,
        "tone": found[0].tone if found else Tone.WELL,
        "headline": headline(found),
        "tiles": tiles(snapshot),
        "stores": {title: name in now.stores_open for name, title in STORES.items()},
        "failures": failure_bars(now.failures, now.taken_at),
        "failures_most": max(_per_minute(now.failures).values(), default=0),
        "errors": error_counts(now.failures, now.taken_at),
        "lag": lag_chart(now.lags),
        "width": WIDTH,
        "height": HEIGHT,
    }


def concerns(snapshot: Snapshot) -> Iterator[Concern]:
    """Yield the problems that an operator should know of."""
    yield from _capture(snapshot.now)
    yield from _processes(snapshot.now)
    yield from _keys(snapshot.now)
    yield from _delay(snapshot)


def headline(found: tuple[Concern, ...]) -> str:
    """Return the headline of the overview.

    Args:
        found: the concerns, the worst first.
    """
    if not found:
        return "All is well"
    if found[0].tone is Tone.BUSY:
        return "Nothing is broken; something is delayed"
    bad = sum(concern.tone is Tone.BAD for concern in found)
    return "One problem needs attention" if bad == 1 else f"{bad} problems need attention"


def lag_seconds(entities: tuple[EntityNow, ...]) -> float:
    """Return the age in seconds of the oldest dirty key that is not parked."""
    return max((entity.oldest_dirty_seconds or 0.0 for entity in entities), default=0.0)


def open_findings(now: Overview) -> str:
    """Return the number of open findings as text; above `FINDINGS_MAX` it is not exact."""
    most = now.open_findings > FINDINGS_MAX
    return f"more than {count(FINDINGS_MAX)}" if most else count(now.open_findings)


def tiles(snapshot: Snapshot) -> tuple[Tile, ...]:
    """Return the tiles of the overview."""
    now, limits = snapshot.now, snapshot.thresholds
    dirty = sum(entity.dirty for entity in now.entities)
    parked = sum(entity.parked for entity in now.entities)
    lag = lag_seconds(now.entities)
    relays = len(now.alive("relay"))
    canary = now.canary_seconds
    is_late = lag > limits.lag_seconds_max
    return (
        Tile("Lag", duration(lag), "age of the oldest dirty key", _tone(is_late, Tone.BUSY)),
        Tile("Dirty keys", count(dirty), "changed, not yet in the target"),
        Tile("Parked keys", count(parked), "no longer retried", _tone(parked > 0), "/keys"),
        Tile(
            "Open findings",
            open_findings(now),
            "keys in which the stores differ",
            _tone(now.open_findings > 0),
            "/findings",
        ),
        Tile("Relays", count(relays), "running", _tone(not relays and bool(now.entities))),
        Tile(
            "Canary",
            duration(canary),
            "age of the newest delivered one" if canary is not None else "none was sent yet",
            _tone(canary is not None and canary > limits.canary_seconds_max),
        ),
        Tile(
            "Replicated through",
            moment(now.replicated_through),
            "every earlier write is in the target",
            is_long=True,
        ),
        Tile(
            "Verified through",
            moment(now.verified_through),
            "every earlier write was compared since",
            page="/parity",
            is_long=True,
        ),
    )


def failure_bars(failures: tuple[FailureMinute, ...], now: datetime) -> tuple[Bar, ...]:
    """Return a bar for each minute of the last hour with failures."""
    totals = _per_minute(failures)
    kinds: dict[datetime, list[str]] = defaultdict(list)
    for one in failures:
        kinds[one.minute].append(f"{one.error} {count(one.failures)}")
    return bars([(totals.get(at, 0), f"{at:%H:%M}: {', '.join(kinds[at])}") for at in minutes(now)])


def minutes(now: datetime) -> list[datetime]:
    """Return the minutes of the last hour, oldest first."""
    newest = now.replace(second=0, microsecond=0)
    return [newest - timedelta(minutes=back) for back in reversed(range(MINUTES))]


def error_counts(failures: tuple[FailureMinute, ...], now: datetime) -> tuple[ErrorCount, ...]:
    """Return the failures of each class of error, the most frequent first."""
    hour: dict[str, int] = defaultdict(int)
    recent: dict[str, int] = defaultdict(int)
    for one in failures:
        hour[one.error] += one.failures
        if now - one.minute < timedelta(minutes=2):
            recent[one.error] += one.failures
    ordered = sorted(hour, key=lambda error: (-hour[error], error))
    return tuple(ErrorCount(error, recent[error], hour[error]) for error in ordered)


def lag_chart(lags: tuple[LagMinute, ...]) -> Chart:
    """Return the age of the oldest dirty key through the last hour."""
    ages = [one.oldest_dirty_seconds for one in lags]
    return chart(
        [(one.at.timestamp(), one.oldest_dirty_seconds, _lag_label(one)) for one in lags],
        low=0.0,
        high=max([1.0, *ages]),
    )


def _lag_label(one: LagMinute) -> str:
    return f"{one.at:%H:%M}: {duration(one.oldest_dirty_seconds)}, {counted(one.dirty, 'key')}"


def _capture(now: Overview) -> Iterator[Concern]:
    if not now.entities:
        yield Concern(Tone.BUSY, "No table is captured yet", "Run crossfade install.")
    missing = [entity.table for entity in now.entities if not entity.is_captured]
    if missing:
        yield Concern(
            Tone.BAD,
            f"Writes to {', '.join(missing)} are not captured",
            "Run crossfade install, then backfill: writes since then are not in the target.",
        )


def _processes(now: Overview) -> Iterator[Concern]:
    for store in sorted(now.stores_open):
        yield Concern(
            Tone.BAD,
            f"{STORES.get(store, store)} failed repeatedly; its breaker is open",
            "Check the store. Writes are safe: they are delivered once it answers.",
        )
    if now.entities and not now.alive("relay"):
        yield Concern(
            Tone.BAD,
            "No relay is running",
            "Start crossfade relay. Writes are safe and wait in the ledger.",
        )
    for one in now.processes:
        if not one.is_alive:
            yield Concern(
                Tone.BUSY,
                f"A process ({', '.join(one.jobs) or 'idle'}) has not reported for "
                f"{duration(one.silent_seconds)}",
                "It was killed or cannot reach the database. Another one takes over its work.",
            )


def _keys(now: Overview) -> Iterator[Concern]:
    parked = sum(entity.parked for entity in now.entities)
    if parked:
        named = "One key is parked" if parked == 1 else f"{count(parked)} keys are parked"
        yield Concern(
            Tone.BAD, named, "Correct the rows or the mapping, then un-park them.", "/keys"
        )
    if now.open_findings:
        number = (
            "One key differs" if now.open_findings == 1 else f"{open_findings(now)} keys differ"
        )
        yield Concern(
            Tone.BAD,
            f"{number} between the stores",
            "Read the findings, then repair them.",
            "/findings",
        )


def _delay(snapshot: Snapshot) -> Iterator[Concern]:
    now, limits = snapshot.now, snapshot.thresholds
    if now.canary_seconds is not None and now.canary_seconds > limits.canary_seconds_max:
        yield Concern(
            Tone.BAD,
            f"The newest delivered canary was sent {duration(now.canary_seconds)} ago",
            "Deliveries do not arrive: check the relay and the stores.",
        )
    lag = lag_seconds(now.entities)
    if lag > limits.lag_seconds_max:
        yield Concern(
            Tone.BUSY,
            f"The oldest change has waited for {duration(lag)}",
            "Check that a relay runs and that the stores answer.",
        )
    if (now.transaction_seconds or 0.0) > TRANSACTION_SECONDS_MAX:
        yield Concern(
            Tone.BUSY,
            f"A transaction has been open for {duration(now.transaction_seconds)}",
            "It neither loses nor delays writes, but VACUUM cannot remove newer dead rows and the "
            "ledger grows. Find it in pg_stat_activity.",
        )


def _per_minute(failures: tuple[FailureMinute, ...]) -> dict[datetime, int]:
    totals: dict[datetime, int] = defaultdict(int)
    for one in failures:
        totals[one.minute] += one.failures
    return totals


def _tone(applies: bool, tone: Tone = Tone.BAD) -> Tone:  # noqa: FBT001 - reads as a condition
    return tone if applies else Tone.WELL
