"""ElectroDB in a node process that runs during a whole benchmark, so that it stays compiled."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.core import Cost, Variant

SCRIPT = Path(__file__).with_name("entity_peer.js")
NODE = Path(sys.executable).with_name("node")
ELECTRODB = SCRIPT.parents[1] / "tests" / "node" / "node_modules" / "electrodb"


def is_installed() -> bool:
    """Return whether node and ElectroDB are installed."""
    return NODE.exists() and ELECTRODB.exists()


class ElectroDb:
    """A node process that calls ElectroDB on one item.

    Args:
        schema: the schema in its JSON form.
        item: the values to put.
        stored: the item to parse, with its keys.
    """

    def __init__(self, schema: Any, item: Any, stored: Any) -> None:
        self._process = subprocess.Popen(
            [str(NODE), str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._send({"schema": schema, "item": item, "stored": stored})

    def variant(self, call: str) -> Variant:
        """Return a variant that repeats a call and returns the CPU time of the node process."""

        async def variant(operations: int) -> Cost:
            started_ns = time.perf_counter_ns()
            self._send({"call": call, "operations": operations})
            assert self._process.stdout
            cpu_us = float(self._process.stdout.readline())
            wall_us = (time.perf_counter_ns() - started_ns) / 1000
            return Cost(cpu_us / operations, wall_us / operations)

        return variant

    def _send(self, message: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{json.dumps(message)}\n")
        self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()
