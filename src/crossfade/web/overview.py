"""What the overview makes of the figures: one sentence, what needs attention, pictures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crossfade.postgres.overview import FINDINGS_MAX, EntityNow, Overview
from crossfade.rendering import count, duration

LAG_SECONDS_WELL = 60.0


class Tone(StrEnum):
    """How a fact stands; every tone has a sign and a word of its own beside its colour."""

    WELL = "well"
    BUSY = "busy"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that is not as it should be, and what to do."""

    tone: Tone
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure."""

    label: str
    value: str
    note: str
    tone: Tone = Tone.WELL
    link: str = ""


def facts(seen: Overview) -> dict[str, Any]:
    """Return what the page shows."""
    found = concerns(seen)
    return {
        "seen": seen,
        "concerns": found,
        "tone": worst(found),
        "headline": headline(found),
        "phase": phase(seen.entities),
        "tiles": tiles(seen),
    }


def concerns(seen: Overview) -> tuple[Concern, ...]:
    """Return what is not as it should be, the worst first."""
    found: list[Concern] = []
    uncaptured = [entity.table for entity in seen.entities if not entity.is_captured]
    if not seen.entities:
        found.append(Concern(Tone.BUSY, "No table is captured yet", "run `crossfade install`"))
    if uncaptured:
        found.append(
            Concern(
                Tone.BAD,
                f"Writes to {', '.join(uncaptured)} are not captured",
                "run `crossfade install`; writes since then need a backfill",
            )
        )
    parked = sum(entity.parked for entity in seen.entities)
    if parked:
        found.append(
            Concern(
                Tone.BAD,
                f"{_keys(parked)} parked",
                "mend the rows or the mapping, then `crossfade unpark`",
            )
        )
    if seen.open_findings:
        found.append(
            Concern(
                Tone.BAD,
                f"{open_findings(seen)} open findings: the stores differ",
                "look at them, then `crossfade repair`",
            )
        )
    oldest = lag_seconds(seen.entities)
    if oldest > LAG_SECONDS_WELL:
        found.append(
            Concern(
                Tone.BUSY,
                f"The oldest change has waited for {duration(oldest)}",
                "see whether a relay runs and the stores answer",
            )
        )
    return tuple(sorted(found, key=lambda concern: concern.tone != Tone.BAD))


def worst(found: tuple[Concern, ...]) -> Tone:
    """Return the tone of the whole."""
    return found[0].tone if found else Tone.WELL


def headline(found: tuple[Concern, ...]) -> str:
    """Return the one sentence that an operator reads first."""
    if not found:
        return "All is well"
    if worst(found) is Tone.BUSY:
        return "Not yet where it should be"
    return "One thing needs you" if len(found) == 1 else f"{len(found)} things need you"


def phase(entities: tuple[EntityNow, ...]) -> str:
    """Return how far the migration has come."""
    if not entities:
        return "not installed"
    shares = [entity.backfilled for entity in entities if entity.backfilled is not None]
    if len(shares) < len(entities):
        return "mirroring new writes"
    return "backfilling" if min(shares) < 1 else "validating"


def lag_seconds(entities: tuple[EntityNow, ...]) -> float:
    """Return how long the oldest change has waited that is not parked."""
    return max((entity.oldest_dirty_seconds or 0.0 for entity in entities), default=0.0)


def open_findings(seen: Overview) -> str:
    """Return the number of open findings as text; it is counted up to a limit only."""
    most = seen.open_findings > FINDINGS_MAX
    return f"more than {count(FINDINGS_MAX)}" if most else count(seen.open_findings)


def tiles(seen: Overview) -> tuple[Tile, ...]:
    """Return the figures at the top."""
    dirty = sum(entity.dirty for entity in seen.entities)
    parked = sum(entity.parked for entity in seen.entities)
    lag = lag_seconds(seen.entities)
    return (
        Tile("Lag", duration(lag), "the oldest change on its way", _busy(lag > LAG_SECONDS_WELL)),
        Tile("Dirty keys", count(dirty), "changed, not yet in the target"),
        Tile("Parked", count(parked), "no longer tried", _bad(parked > 0)),
        Tile(
            "Open findings", open_findings(seen), "the stores differ", _bad(seen.open_findings > 0)
        ),
    )


def _keys(number: int) -> str:
    return "One key is" if number == 1 else f"{count(number)} keys are"


def _bad(holds: bool) -> Tone:  # noqa: FBT001 - one word for one question
    return Tone.BAD if holds else Tone.WELL


def _busy(holds: bool) -> Tone:  # noqa: FBT001 - as above
    return Tone.BUSY if holds else Tone.WELL
