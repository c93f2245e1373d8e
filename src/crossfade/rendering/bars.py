"""Bar charts: the coordinates of SVG bars, one per time step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crossfade.rendering.charts import HEIGHT, MARGIN, WIDTH

GAP_SHARE = 0.2
HEIGHT_MIN = 3.0
"""The height of the smallest bar above zero, so that one failure among thousands is visible."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart; the label is its tooltip."""

    x: float
    y: float
    width: float
    height: float
    label: str


def bars(values: Sequence[tuple[float, str]]) -> tuple[Bar, ...]:
    """Return the bars of values from left to right; a value of 0 has none.

    Args:
        values: the height and the label of each bar.
    """
    highest = max((value for value, _ in values), default=0.0)
    step = (WIDTH - 2 * MARGIN) / max(len(values), 1)
    return tuple(
        _bar(MARGIN + number * step, step * (1 - GAP_SHARE), value / highest, label)
        for number, (value, label) in enumerate(values)
        if value > 0
    )


def _bar(x: float, width: float, share: float, label: str) -> Bar:
    height = max(share * (HEIGHT - 2 * MARGIN), HEIGHT_MIN)
    return Bar(x, HEIGHT - MARGIN - height, width, height, label)
