"""Shared by all benchmarks: interleaved rounds, medians, tables, JSON."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Options:
    """The extent of the benchmarks.

    Attributes:
        rounds: the rounds of each variant.
        quick: whether to do a tenth of the operations.
        rows: the rows of a large table that takes minutes; 0: skip it.
    """

    rounds: int = 9
    quick: bool = False
    rows: int = 0

    def operations(self, count: int) -> int:
        """Return the operations of one round: `count`, or a tenth of it if `quick`."""
        return max(1, count // 10) if self.quick else count


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes:
        group: the table that the line belongs to.
        variant: the variant that was measured.
        figures: the figures by name; the name includes the unit, as in ``cpu µs/op``.
        note: a remark, such as why a variant is missing.
    """

    group: str
    variant: str
    figures: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over the rounds, microseconds per operation."""

    cpu_us: float
    wall_us: float


Variant = Callable[[int], Awaitable[Cost | None]]
"""Does a number of operations; returns their cost if another process does them."""


async def interleaved(
    variants: Mapping[str, Variant], options: Options, operations: int
) -> dict[str, Cost]:
    """Run every variant once per round, after one round without measurement.

    Returns:
        The median cost of each variant; CPU of this process, unless the variant returns its own.
    """
    samples: dict[str, list[Cost]] = {name: [] for name in variants}
    for measured in (False, *([True] * options.rounds)):
        for name, variant in variants.items():
            cost = await _cost(variant, operations)
            if measured:
                samples[name].append(cost)
    return {
        name: Cost(
            statistics.median(cost.cpu_us for cost in costs),
            statistics.median(cost.wall_us for cost in costs),
        )
        for name, costs in samples.items()
    }


async def _cost(variant: Variant, operations: int) -> Cost:
    cpu_ns, wall_ns = time.process_time_ns(), time.perf_counter_ns()
    elsewhere = await variant(operations)
    if elsewhere is not None:
        return elsewhere
    scale = 1000 * operations
    return Cost(
        (time.process_time_ns() - cpu_ns) / scale, (time.perf_counter_ns() - wall_ns) / scale
    )


def percentile(samples: list[float], share: float) -> float:
    """Return the percentile of the samples by nearest rank; `share` is from 0 to 1."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(rows: list[Row], console: Console) -> None:
    """Print one table per group."""
    for group in dict.fromkeys(row.group for row in rows):
        members = [row for row in rows if row.group == group]
        names = list(dict.fromkeys(name for row in members for name in row.figures))
        table = Table("variant", *names, "note", title=group, title_justify="left")
        for column in table.columns[1:-1]:
            column.justify = "right"
        for row in members:
            cells = [f"{row.figures[name]:,.2f}" if name in row.figures else "" for name in names]
            table.add_row(row.variant, *cells, row.note)
        console.print(table)


def write(rows: list[Row], path: Path) -> None:
    """Write the figures, and the machine that they were measured on, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "machine": platform.platform(),
        "rows": [asdict(row) for row in rows],
    }
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
