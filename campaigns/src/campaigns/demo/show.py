"""Terminal output of the demonstration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from campaigns.demo.background import BackgroundServers
from campaigns.demo.proof import PassResult
from campaigns.demo.workload import Burst
from campaigns.embedded import NAME
from crossfade.testing.audit import Audit

COLUMNS = ("rows", "items", "objects", "equal", "different", "missing", "extra", "pending")
LOG_LINES_MAX = 3
FINDINGS_SHOWN_MAX = 8


def heading(console: Console, number: int, text: str) -> None:
    """Print the title of a step."""
    console.print(f"\n[bold cyan]{number}[/]  [bold]{text}[/]")


def point(console: Console, text: str) -> None:
    """Print one line of a step."""
    console.print(f"   {text}", highlight=False)


@contextmanager
def bar(console: Console, label: str, total: int) -> Iterator[tuple[Progress, TaskID]]:
    """Show a progress bar during the block."""
    progress = Progress(
        TextColumn("  "),
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    with progress:
        yield progress, progress.add_task(label, total=total)


def requests(console: Console, bursts: Mapping[str, Burst]) -> None:
    """Print the latency of requests under each condition."""
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("   requests")
    for column in ("answered", "median", "p99", "keys not delivered"):
        table.add_column(column, justify="right")
    for name, burst in bursts.items():
        times = (f"{burst.percentile(share):.1f} ms" for share in (0.5, 0.99))
        table.add_row(f"   {name}", str(len(burst.took_ms)), *times, str(burst.dirty))
    console.print(table)


def log_lines(console: Console, lines: list[str]) -> None:
    """Print the first log lines."""
    for line in lines[:LOG_LINES_MAX]:
        console.print(f"   [dim]{line}[/]", highlight=False, soft_wrap=True)
    if len(lines) > LOG_LINES_MAX:
        point(console, f"[dim]… and {len(lines) - LOG_LINES_MAX} more[/]")


def audit_table(console: Console, audit: Audit) -> None:
    """Print the counts of each entity and every finding."""
    table = Table("   entity", box=None, padding=(0, 1), pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for entity in audit.entities:
        style = "green" if entity.is_clean else "red"
        cells = [str(getattr(entity, column)) for column in COLUMNS]
        table.add_row(f"   {entity.entity}", *cells, style=style)
    console.print(table)
    for finding in audit.findings:
        point(console, f"[red]{finding.kind}[/] {finding.key} {', '.join(finding.fields)}")


def verified(console: Console, label: str, found: PassResult) -> None:
    """Print the counts of a pass and its first findings."""
    tally = found.run.tally
    count = f"[red]{len(found.findings)} findings[/]" if found.findings else "[green]no finding[/]"
    point(console, f"{label}: {tally.source_rows} rows, {tally.target_items} items, {count}")
    for finding in found.findings[:FINDINGS_SHOWN_MAX]:
        comparison = finding.comparison
        fields = ", ".join(comparison.fields)
        point(console, f"  [dim]{comparison.verdict.value}[/] {comparison.key} {fields}")


def print_access(console: Console, servers: BackgroundServers, email: str, password: str) -> None:
    """Print how to reach the running servers and stores."""
    console.print("\n[bold]The servers are still running.[/] To use them:")
    for line in (
        f"the application  {servers.site}    sign in as {email} with {password}",
        f"the dashboard    {servers.dashboard}",
        "",
        f'eval "$(./run crossfade local env --data {servers.folder})"',
        f"export DYNAMODB_TABLE_NAME={NAME} S3_BUCKET_NAME={NAME}",
        "./run crossfade status",
        "./run crossfade keys",
        "./run crossfade table describe",
        f"./run crossfade local down --data {servers.folder}    # stops them and keeps the data",
    ):
        console.print(f"   {line}", highlight=False, soft_wrap=True)
