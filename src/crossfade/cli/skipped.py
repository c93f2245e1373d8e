"""The report on entities that a command skipped because their tables have changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from crossfade.cli.console import print_table
from crossfade.errors import SchemaChanged
from crossfade.jobs.skipped import SkippedEntity
from crossfade.telemetry.logs import REMEDIES

INCOMPLETE = 3
"""The exit code of a command that skipped an entity or left a finding open."""
REMEDY = f"{REMEDIES[SchemaChanged]}, then run this command again"


def skipped_documents(skipped: Sequence[SkippedEntity]) -> list[dict[str, str]]:
    """Return the skipped entities as JSON objects with entity, reason and remedy."""
    return [asdict(one) | {"remedy": REMEDY} for one in skipped]


def print_skipped(skipped: Sequence[SkippedEntity]) -> None:
    """Print the skipped entities as a table, if there are any."""
    if skipped:
        cells = [(one.entity, one.reason, REMEDY) for one in skipped]
        print_table("Skipped: their tables have changed", ("entity", "reason", "remedy"), cells)
