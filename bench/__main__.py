"""`python -m bench [NAME …]`: run the benchmarks, print tables, write JSON."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import uvloop
from rich.console import Console

import bench
from bench.core import Options, Row, show, write


def measurements() -> dict[str, ModuleType]:
    """Return the benchmarks of this package by name."""
    modules = (
        importlib.import_module(f"bench.{info.name}")
        for info in pkgutil.iter_modules(bench.__path__)
        if info.name != "__main__"
    )
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


async def run(chosen: list[ModuleType], options: Options, console: Console) -> list[Row]:
    """Run the chosen benchmarks one after another."""
    rows: list[Row] = []
    for module in chosen:
        console.print(f"[dim]measuring {module.NAME}: {(module.__doc__ or '').splitlines()[0]}")
        measured = await module.run(options)
        show(measured, console)
        rows += measured
    return rows


def main() -> None:
    """Parse the arguments, run the benchmarks, print and write the results."""
    available = measurements()
    parser = argparse.ArgumentParser(prog="./run bench", description=bench.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(available))
    parser.add_argument("--rounds", type=int, default=9, help="rounds per variant (default 9)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the operations")
    parser.add_argument(
        "--rows", type=int, default=0, help="also measure memory with this number of rows (minutes)"
    )
    parser.add_argument("--json", type=Path, default=Path("bench/results/latest.json"))
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(available)
    if unknown:
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; choose from {', '.join(available)}"
        )
    chosen = [available[name] for name in arguments.names or available]
    options = Options(rounds=arguments.rounds, quick=arguments.quick, rows=arguments.rows)
    console = Console()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(run(chosen, options, console))
    write(rows, arguments.json)
    console.print(f"written to {arguments.json}")


if __name__ == "__main__":
    main()
