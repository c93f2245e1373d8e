"""Bars of a chart as values for SVG: one for each step of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crossfade.rendering.charts import HEIGHT, MARGIN, WIDTH

GAP_SHARE = 0.2
STUB_HEIGHT = 3.0
"""The least height of a bar that is not nothing, so that one failure among thousands shows."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart, and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    label: str


def bars(values: Sequence[tuple[float, str]]) -> tuple[Bar, ...]:
    """Place values side by side, the first one leftmost; values of 0 have no bar.

    Args:
        values: height and label of each.
    """
    high = max((value for value, _ in values), default=0.0)
    step = (WIDTH - 2 * MARGIN) / max(len(values), 1)
    return tuple(
        _bar(MARGIN + number * step, step * (1 - GAP_SHARE), value / high, label)
        for number, (value, label) in enumerate(values)
        if value > 0
    )


def _bar(x: float, width: float, share: float, label: str) -> Bar:
    height = max(share * (HEIGHT - 2 * MARGIN), STUB_HEIGHT)
    return Bar(x, HEIGHT - MARGIN - height, width, height, label)
