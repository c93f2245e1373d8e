"""The progress of a full pass, from which another process can resume it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import msgspec

from crossfade.jobs.skipped import SkippedEntity

AGE_SECONDS_MAX = 86_400.0
"""A pass that was silent for longer is not resumed: too much of it is out of date."""


class Step(StrEnum):
    """The steps of a pass, in order."""

    READING = "reading"  # rows and items
    LISTING = "listing"  # objects
    ROWS = "rows"  # checking rows without an equal item, key by key
    ITEMS = "items"  # checking items without a row, or without their objects
    OBJECTS = "objects"  # reading every object, in a deep pass
    EARLIER = "earlier"  # checking the findings of earlier runs


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a table or a segment was read.

    Attributes:
        after: the key after which the next page begins; None before the first page.
        is_done: whether all is read.
    """

    after: Any = None
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a pass.

    Attributes:
        folder: the folder of its records, on the machine that made them.
        form: the form of its records; those of other mappings and releases cannot be compared.
        step: the step under way.
        portions: how many portions of that step are done.
        rows: how far each table was read.
        segments: how far each segment of the target was read.
        sizes: the bytes of each file that count.
        left_out: the skipped mappings.
        unsettled: keys that are neither equal nor drifted, by mapping and verdict.
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
        """Return the progress as JSON."""
        return msgspec.json.encode(self).decode()


def with_all(progress: Progress) -> Progress:
    """Return the progress of a pass that includes its skipped mappings again.

    It reads the rest of their tables, and checks every key that differs.
    """
    return replace(progress, step=Step.READING, portions=0, left_out=(), unsettled={})


def read_progress(document: object) -> Progress | None:
    """Return a progress from parsed JSON; None if it is absent or has another form."""
    try:
        return msgspec.convert(document, Progress)
    except msgspec.ValidationError:
        return None


def left_out_of(document: object) -> tuple[SkippedEntity, ...]:
    """Return the mappings that a run skipped, from its progress as parsed JSON."""
    progress = read_progress(document)
    return () if progress is None else progress.left_out


def obstacle(progress: Progress | None, form: str, silent_seconds: float) -> str | None:
    """Return why a pass cannot be resumed, None if it can; its records are not checked."""
    if progress is None:
        return "it recorded no progress"
    if progress.form != form:
        return "the mappings, or the release, have changed since"
    if silent_seconds > AGE_SECONDS_MAX:
        return f"it has been silent for {silent_seconds / 3600:.0f} hours"
    return None
