"""Values as text and as SVG charts, for reports and pages. Pure."""

from __future__ import annotations

from crossfade.rendering.bars import Bar, bars
from crossfade.rendering.charts import HEIGHT, WIDTH, Chart, Dot, chart, floor_below
from crossfade.rendering.formats import (
    FILTERS,
    code,
    count,
    counted,
    duration,
    key_text,
    measure,
    moment,
    percent,
    words,
)

__all__ = [
    "FILTERS",
    "HEIGHT",
    "WIDTH",
    "Bar",
    "Chart",
    "Dot",
    "bars",
    "chart",
    "code",
    "count",
    "counted",
    "duration",
    "floor_below",
    "key_text",
    "measure",
    "moment",
    "percent",
    "words",
]
