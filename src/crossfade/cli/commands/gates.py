"""`crossfade gates`: the conditions for the cut-over."""

from __future__ import annotations

from dataclasses import asdict

import typer

from crossfade.cli.console import AsJson, clear_errors, print_json, print_table, run
from crossfade.cutover.gates import Gate, Readiness
from crossfade.cutover.readiness import readiness
from crossfade.postgres import open_pool
from crossfade.postgres.monitoring.gates import gate_facts
from crossfade.rendering import measure
from crossfade.settings import Settings, load_settings

app = typer.Typer()

NOT_READY = 3
COLUMNS = ("", "gate", "is", "must be", "reason")


@app.command(epilog="Examples: crossfade gates; crossfade gates --json | jq .phase")
def gates(*, as_json: AsJson = False) -> None:
    """Show the gates before the cut-over; the exit code is 3 until every gate is passed.

    It reads the ledger's schema only, neither the table nor the bucket.
    """
    with clear_errors():
        current = run(_gates(load_settings()))
    if as_json:
        print_json(_document(current))
    else:
        print_table(
            f"Phase: {current.phase.value}", COLUMNS, [_cells(gate) for gate in current.gates]
        )
    if not current.is_ready:
        raise typer.Exit(NOT_READY)


async def _gates(settings: Settings) -> Readiness:
    thresholds = settings.thresholds
    async with open_pool(settings.dsn) as pool:
        return readiness(await gate_facts(pool, thresholds.quiet_seconds_min), thresholds)


def _document(current: Readiness) -> dict[str, object]:
    gates = [asdict(gate) | {"is_passed": gate.is_passed} for gate in current.gates]
    return {
        "taken_at": current.taken_at,
        "phase": current.phase,
        "is_ready": current.is_ready,
        "gates": gates,
    }


def _cells(gate: Gate) -> tuple[str, ...]:
    return (
        "passed" if gate.is_passed else "CLOSED",
        gate.title,
        measure(gate.value, gate.unit),
        f"{'at least' if gate.is_least else 'at most'} {measure(gate.threshold, gate.unit)}",
        gate.reason,
    )
