"""What a command says of entities that it left out because their tables have changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from crossfade.cli.console import print_table
from crossfade.errors import SchemaChanged
from crossfade.jobs.skipped import SkippedEntity
from crossfade.telemetry.logs import REMEDIES

NOT_ALL = 3
"""The exit code of a command that did not do all of it."""
REMEDY = f"{REMEDIES[SchemaChanged]}, then run this command again"


def told_left_out(left_out: Sequence[SkippedEntity]) -> list[dict[str, str]]:
    """Return them for JSON, each with what to do."""
    return [asdict(one) | {"remedy": REMEDY} for one in left_out]


def print_left_out(left_out: Sequence[SkippedEntity]) -> None:
    """Print them as a table, when there are any."""
    if left_out:
        cells = [(one.entity, one.reason, REMEDY) for one in left_out]
        print_table("Left out: their tables have changed", ("entity", "reason", "remedy"), cells)
