"""Line charts: the coordinates of SVG lines and dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640.0, 150.0
MARGIN = 8.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a chart; the label is its tooltip."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A line through points, oldest first.

    Attributes:
        low: the value of the bottom edge.
        high: the value of the top edge.
    """

    low: float
    high: float
    dots: tuple[Dot, ...]

    @property
    def path(self) -> str:
        """Return the line as the points of an SVG polyline."""
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)


def chart(
    values: Sequence[tuple[float, float, str]],
    *,
    low: float,
    high: float,
    between: tuple[float, float] | None = None,
) -> Chart:
    """Return the chart of values between two bounds.

    Args:
        values: moment, value and label of each point, oldest first.
        low: the value of the bottom edge.
        high: the value of the top edge; above `low`.
        between: the moments of the left and the right edge; by default those of the first and the
            last value.
    """
    if not values:
        return Chart(low, high, ())
    first, last = between or (values[0][0], values[-1][0])
    span = max(last - first, 1e-9)
    dots = tuple(
        Dot(
            x=WIDTH / 2 if first == last else _between((moment - first) / span, WIDTH),
            y=HEIGHT - _between((value - low) / (high - low), HEIGHT),
            label=label,
        )
        for moment, value, label in values
    )
    return Chart(low, high, dots)


def floor_below(values: Sequence[float]) -> float:
    """Return the highest of 0.99, 0.9, 0.5 and 0 below all shares, to enlarge differences."""
    lowest = min(values, default=1.0)
    return next((bound for bound in (0.99, 0.9, 0.5) if lowest > bound), 0.0)


def _between(share: float, length: float) -> float:
    return MARGIN + min(max(share, 0.0), 1.0) * (length - 2 * MARGIN)
