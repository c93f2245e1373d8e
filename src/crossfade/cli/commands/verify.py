"""`crossfade verify`: prove that both stores hold the same."""

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
from crossfade.cli.skipped import NOT_ALL, print_left_out, told_left_out
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
    """What a pass says: its run, the open findings by verdict and the first ones of them."""

    run: Run
    open: Mapping[Verdict, int]
    findings: Sequence[Finding]

    @property
    def drifted(self) -> int:
        """How many findings are open."""
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
        bool, typer.Option("--deep", help="Read and hash every object in S3 too.")
    ] = False,
    rcu: Annotated[
        float | None, typer.Option("--rcu", min=1, help="Read units a second at most.")
    ] = None,
    continuous: Annotated[
        bool, typer.Option("--continuous", help="Verify each key after its delivery, until Ctrl-C.")
    ] = False,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Begin anew where a pass that was killed would go on."),
    ] = False,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="Write what a clean pass saw to a file.")
    ] = None,
    check_file: Annotated[
        Path | None, typer.Option("--check", help="Tell whether a certificate still holds.")
    ] = None,
    as_json: AsJson = False,
    application: ApplicationOption = "",
) -> None:
    """Compare every row with its item and objects, while writes go on.

    Reads both stores once and looks closer only at what differs. A pass that was killed goes on
    where it stood. The exit code is 3 when findings are open, or when an entity was left out since
    its table has changed; `crossfade explain` shows one key, `crossfade repair` mends them.
    """
    with clear_errors():
        settings = load_settings()
        configure_logs(settings.log_format)
        tune_gc()
        if rcu is not None:
            settings = settings.model_copy(update={"verify_read_units": rcu})
        known = read_certificate(read_bytes(check_file)) if check_file else None
        _require_folder(certificate)
        words = known.entities if known else entities or ()
        mappings = find_application(application).choose(words)
        if continuous:
            run(_watch(settings, mappings))
            return
        is_deep = known.is_deep if known else deep
        is_anew = restart or known is not None
        outcome = run(_verify(settings, mappings, is_deep=is_deep, restart=is_anew))
    _print(outcome, as_json=as_json)
    if known is not None:
        _tell_validity(known, outcome)
    _end(outcome, certificate)


def _end(outcome: Outcome, certificate: Path | None) -> None:
    """Write the certificate of a pass that saw everything equal, or end with what it saw."""
    if outcome.drifted:
        raise typer.Exit(DRIFT)
    if outcome.run.left_out:
        if certificate is not None:
            typer.echo("no certificate: not everything was compared", err=True)
        raise typer.Exit(NOT_ALL)
    if certificate is not None:
        with clear_errors():
            write_bytes(certificate, certificate_of(outcome.run).to_json())
        typer.echo(f"certificate of run {outcome.run.id}: {certificate}", err=True)


def _require_folder(file: Path | None) -> None:
    """Refuse a file without a folder before hours of reading, not after."""
    if file is not None and not file.parent.is_dir():
        raise ConfigurationError(f"--certificate: no folder {file.parent}; create it")


async def _verify(
    settings: Settings, mappings: Sequence[TableMapping], *, is_deep: bool, restart: bool
) -> Outcome:
    async with open_verifier(settings, mappings) as verifier:
        latest = _Latest()
        async with showing("verifying", latest.look):
            ended = await verifier.run_full_pass(
                is_deep=is_deep, on_progress=latest.take, restart=restart
            )
        findings = await verifier.findings.open_page(ended.asked, findings_max=FINDINGS_SHOWN_MAX)
        return Outcome(ended, await verifier.findings.open_counts(ended.asked), findings)


async def _watch(settings: Settings, mappings: Sequence[TableMapping]) -> None:
    stop = stop_on_signals()
    async with open_verifier(settings, mappings) as verifier:
        await verifier.verify_continuously(stop)
        _print_watermarks(await verifier.unverified.watermarks())


class _Latest:
    """How far a pass has come."""

    def __init__(self) -> None:
        self._tally = Tally()

    def take(self, tally: Tally) -> None:
        """Keep what the pass tells."""
        self._tally = tally

    async def look(self) -> Reading:
        """Return it for people and machines."""
        tally = self._tally
        told = (
            f"{tally.source_rows:,} rows, {tally.target_items:,} items, "
            f"{tally.read_units:,.0f} read units, {tally.lagging_keys:,} on their way"
        )
        return Reading([Bar("reading both stores", tally.source_rows, None, told)], asdict(tally))


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "run": asdict(outcome.run),
                "left_out": told_left_out(outcome.run.left_out),
                "open": {verdict.value: count for verdict, count in outcome.open.items()},
                "findings": [finding_document(finding) for finding in outcome.findings],
            }
        )
        return
    tally = outcome.run.tally
    cells = [(name.replace("_", " "), count) for name, count in asdict(tally).items()]
    print_table(f"Run {outcome.run.id}", ("what", "count"), cells)
    if outcome.findings:
        rows = [_cells(finding) for finding in outcome.findings]
        title = f"Open findings: {outcome.drifted}"
        print_table(title, ("key", "verdict", "attributes", "probable cause", "since"), rows)
    print_left_out(outcome.run.left_out)
    if not outcome.findings:
        typer.echo(_clean(outcome.run))


def _clean(run: Run) -> str:
    """Say what no open finding means: not more than was compared, and was equal."""
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
    but = f", but for {' and '.join(exceptions)}" if exceptions else ""
    return f"no open finding: both stores hold the same{of}{but}"


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


def _tell_validity(certificate: Certificate, outcome: Outcome) -> None:
    validity = check(certificate, outcome.run, outcome.drifted)
    told = {
        Validity.HOLDS: "the certificate holds: both stores are what they were",
        Validity.CHANGED: "both stores are equal, and have changed since the certificate",
        Validity.BROKEN: "the certificate is broken: the stores differ",
        Validity.UNKNOWN: "whether the certificate holds is unknown: not everything was compared",
    }
    typer.echo(told[validity], err=True)
    if validity is not Validity.HOLDS:
        raise typer.Exit(DRIFT)
