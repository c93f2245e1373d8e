"""`crossfade verify`: compare both stores, completely or continuously."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import (
    AsJson,
    clear_errors,
    print_json,
    print_table,
    read_bytes,
    run,
    stop_on_signals,
    tune_gc,
    write_bytes,
)
from crossfade.cli.findings import finding_document
from crossfade.cli.progress import Bar, Reading, showing
from crossfade.cli.skipped import INCOMPLETE, print_skipped, skipped_documents
from crossfade.errors import ConfigurationError
from crossfade.mapping.declaration.mapping import Mapping as TableMapping
from crossfade.parity.certificate import (
    Certificate,
    Validity,
    certificate_of,
    check,
    read_certificate,
)
from crossfade.parity.model import Finding, Run, Tally, Verdict, Watermark
from crossfade.runtime.verification import open_verifier
from crossfade.settings import Settings, load_settings
from crossfade.telemetry import configure_logs

app = typer.Typer()

DRIFT = 3
"""The exit code when findings are open, or a certificate does not hold."""
FINDINGS_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a pass: its run, the open findings by verdict, and the first of them."""

    run: Run
    open: Mapping[Verdict, int]
    findings: Sequence[Finding]

    @property
    def drifted(self) -> int:
        """Return the number of open findings."""
        return sum(self.open.values())


@app.command(
    epilog="Examples: crossfade verify; crossfade verify session --deep; "
    "crossfade verify --certificate parity.json; crossfade verify --check parity.json; "
    "crossfade verify --continuous"
)
def verify(
    entities: Annotated[
        list[str] | None, typer.Argument(help="Entities or tables; all unless given.")
    ] = None,
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also read and hash every object in S3.")
    ] = False,
    rcu: Annotated[
        float | None, typer.Option("--rcu", min=1, help="Read units a second at most.")
    ] = None,
    continuous: Annotated[
        bool, typer.Option("--continuous", help="Verify each key after its delivery, until Ctrl-C.")
    ] = False,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Start a new pass instead of resuming an unfinished one."),
    ] = False,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", help="Write a clean pass's certificate to a file."),
    ] = None,
    check_file: Annotated[
        Path | None, typer.Option("--check", help="Check whether a certificate still holds.")
    ] = None,
    as_json: AsJson = False,
    application: ApplicationOption = "",
) -> None:
    """Compare every row with its item and objects, while writes continue.

    Reads both stores once, and again only the keys that differ. A pass that was killed is resumed.
    The exit code is 3 when findings are open, or when an entity was skipped because its table has
    changed. `crossfade explain` shows one key, `crossfade repair` repairs the findings.
    """
    with clear_errors():
        settings = load_settings()
        configure_logs(settings.log_format)
        tune_gc()
        if rcu is not None:
            settings = settings.model_copy(update={"verify_read_units": rcu})
        known = read_certificate(read_bytes(check_file)) if check_file else None
        _require_folder(certificate)
        names = known.entities if known else entities or ()
        mappings = find_application(application).choose(names)
        if continuous:
            run(_watch(settings, mappings))
            return
        is_deep = known.is_deep if known else deep
        is_new = restart or known is not None
        outcome = run(_verify(settings, mappings, is_deep=is_deep, restart=is_new))
    _print(outcome, as_json=as_json)
    if known is not None:
        _print_validity(known, outcome)
    _end(outcome, certificate)


def _end(outcome: Outcome, certificate: Path | None) -> None:
    """Write the certificate of a complete pass without findings, else exit with code 3."""
    if outcome.drifted:
        raise typer.Exit(DRIFT)
    if outcome.run.left_out:
        if certificate is not None:
            typer.echo("no certificate: not everything was compared", err=True)
        raise typer.Exit(INCOMPLETE)
    if certificate is not None:
        with clear_errors():
            write_bytes(certificate, certificate_of(outcome.run).to_json())
        typer.echo(f"certificate of run {outcome.run.id}: {certificate}", err=True)


def _require_folder(file: Path | None) -> None:
    """Refuse a file in a missing folder before hours of reading, not after.

    Raises:
        ConfigurationError: the folder does not exist.
    """
    if file is not None and not file.parent.is_dir():
        raise ConfigurationError(f"--certificate: there is no folder {file.parent}; create it")


async def _verify(
    settings: Settings, mappings: Sequence[TableMapping], *, is_deep: bool, restart: bool
) -> Outcome:
    async with open_verifier(settings, mappings) as verifier:
        progress = _PassProgress()
        async with showing("verifying", progress.read):
            ended = await verifier.run_full_pass(
                is_deep=is_deep, on_progress=progress.update, restart=restart
            )
        findings = await verifier.findings.open_page(ended.asked, findings_max=FINDINGS_SHOWN_MAX)
        return Outcome(ended, await verifier.findings.open_counts(ended.asked), findings)


async def _watch(settings: Settings, mappings: Sequence[TableMapping]) -> None:
    stop = stop_on_signals()
    async with open_verifier(settings, mappings) as verifier:
        await verifier.verify_continuously(stop)
        _print_watermarks(await verifier.unverified.watermarks())


class _PassProgress:
    """The progress of a pass."""

    def __init__(self) -> None:
        self._tally = Tally()

    def update(self, tally: Tally) -> None:
        """Keep the latest tally of the pass."""
        self._tally = tally

    async def read(self) -> Reading:
        """Return the progress for people and machines."""
        tally = self._tally
        text = (
            f"{tally.source_rows:,} rows, {tally.target_items:,} items, "
            f"{tally.read_units:,.0f} read units, {tally.lagging_keys:,} on their way"
        )
        return Reading([Bar("reading both stores", tally.source_rows, None, text)], asdict(tally))


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "run": asdict(outcome.run),
                "left_out": skipped_documents(outcome.run.left_out),
                "open": {verdict.value: count for verdict, count in outcome.open.items()},
                "findings": [finding_document(finding) for finding in outcome.findings],
            }
        )
        return
    tally = outcome.run.tally
    cells = [(name.replace("_", " "), count) for name, count in asdict(tally).items()]
    print_table(f"Run {outcome.run.id}", ("total", "count"), cells)
    if outcome.findings:
        rows = [_cells(finding) for finding in outcome.findings]
        title = f"Open findings: {outcome.drifted}"
        print_table(title, ("key", "verdict", "attributes", "probable cause", "since"), rows)
    print_skipped(outcome.run.left_out)
    if not outcome.findings:
        typer.echo(_clean(outcome.run))


def _clean(run: Run) -> str:
    """Return the sentence about a pass without findings, limited to the compared entities."""
    of = f" of {', '.join(run.entities)}" if run.left_out else ""
    exceptions = [
        f"{count:,} {name}"
        for count, name in (
            (run.tally.parked_keys, "parked keys (`crossfade status` names them)"),
            (run.tally.lagging_keys, "keys on their way"),
            (run.tally.racing_keys, "keys that changed while they were read"),
        )
        if count
    ]
    without = f", except {' and '.join(exceptions)}" if exceptions else ""
    return f"no open finding: both stores hold the same{of}{without}"


def _cells(finding: Finding) -> tuple[str, ...]:
    comparison = finding.comparison
    return (
        str(comparison.key),
        comparison.verdict.value,
        ", ".join(comparison.fields),
        comparison.cause.value,
        f"{finding.first_seen:%Y-%m-%d %H:%M:%S}",
    )


def _print_watermarks(watermarks: Sequence[Watermark]) -> None:
    cells = [
        (
            one.entity,
            one.replicated_through.isoformat(),
            one.verified_through.isoformat(),
            one.unverified_keys,
        )
        for one in watermarks
    ]
    columns = ("entity", "replicated through", "verified through", "keys to verify")
    print_table("Watermarks", columns, cells)


def _print_validity(certificate: Certificate, outcome: Outcome) -> None:
    validity = check(certificate, outcome.run, outcome.drifted)
    texts = {
        Validity.HOLDS: "the certificate holds: both stores are unchanged",
        Validity.CHANGED: "both stores are equal, and have changed since the certificate",
        Validity.BROKEN: "the certificate is broken: the stores differ",
        Validity.UNKNOWN: "the certificate's validity is unknown: not everything was compared",
    }
    typer.echo(texts[validity], err=True)
    if validity is not Validity.HOLDS:
        raise typer.Exit(DRIFT)
