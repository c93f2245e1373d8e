"""Where a full pass stands, so that another process can go on after it was killed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import msgspec

from crossfade.jobs.skipped import SkippedEntity

AGE_SECONDS_MAX = 86_400.0
"""A pass that was silent for longer says too little about now to be worth going on with."""


class Step(StrEnum):
    """What a pass does, in this order."""

    READING = "reading"  # rows and items
    LISTING = "listing"  # objects
    ROWS = "rows"  # looking closer at rows without an equal item
    ITEMS = "items"  # looking closer at items without a row, or without their objects
    OBJECTS = "objects"  # reading every object, in a deep pass
    EARLIER = "earlier"  # looking again at the findings of earlier runs


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a table or a segment was read.

    Attributes:
        after: what the next page comes after; None before the first one.
        is_done: whether there is none.
    """

    after: Any = None
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a pass stands.

    Attributes:
        folder: where its records are, on the machine that made them.
        form: tells what records look like: those of other mappings and releases do not compare.
        step: what it was doing.
        portions: how many portions of that step are done.
        rows: how far each table was read.
        segments: how far each segment of the target was read.
        sizes: how many bytes of each file count.
        left_out: the mappings whose tables could not be read, and why.
        unsettled: keys that are neither equal nor apart, by mapping and verdict.
    """

    folder: str
    form: str
    step: Step = Step.READING
    portions: int = 0
    rows: dict[str, Reached] = field(default_factory=dict)
    segments: tuple[Reached, ...] = ()
    sizes: dict[str, int] = field(default_factory=dict)
    left_out: tuple[SkippedEntity, ...] = ()
    unsettled: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return it as JSON."""
        return msgspec.json.encode(self).decode()


def with_all(progress: Progress) -> Progress:
    """Return where a pass goes on that takes in again what it had left out.

    It reads the rest of those tables, and looks at every key that differs.
    """
    return replace(progress, step=Step.READING, portions=0, left_out=(), unsettled={})


def read_progress(told: object) -> Progress | None:
    """Return a progress from parsed JSON; None when it says nothing, or not in this form."""
    try:
        return msgspec.convert(told, Progress)
    except msgspec.ValidationError:
        return None


def left_out_of(told: object) -> tuple[SkippedEntity, ...]:
    """Return the mappings that a run has left out, from its progress as parsed JSON."""
    progress = read_progress(told)
    return () if progress is None else progress.left_out


def obstacle(progress: Progress | None, form: str, silent_seconds: float) -> str | None:
    """Return why a pass cannot go on, None when it can; its records are not looked at."""
    if progress is None:
        return "it does not say where it stood"
    if progress.form != form:
        return "the mappings, or the release, have changed since"
    if silent_seconds > AGE_SECONDS_MAX:
        return f"it has been silent for {silent_seconds / 3600:.0f} hours"
    return None
