"""What an event changes outside its job: a log line of some level, and the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """The level of a log line, as `logging` numbers it."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


@dataclass(frozen=True, slots=True)
class Count:
    """Adds to a counter.

    Attributes:
        metric: its name without ``crossfade_``.
        labels: the values of its labels.
        times: what is added.
    """

    metric: str
    labels: tuple[str, ...]
    times: int = 1


@dataclass(frozen=True, slots=True)
class Set:
    """Sets a gauge; the attributes are those of `Count`."""

    metric: str
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Took:
    """Adds the duration of a step to the histogram of durations."""

    worker: str
    seconds: float


Measure = Count | Set | Took
