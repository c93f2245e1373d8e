"""`crossfade explain`: the state and history of one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

import typer

from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import AsJson, clear_errors, print_json, print_table, run
from crossfade.cli.findings import finding_document, with_judgement
from crossfade.errors import BrokenPointer, ConfigurationError, InvalidKey
from crossfade.mapping.declaration.mapping import Mapping as TableMapping
from crossfade.mapping.state import Key, Live, Row, State
from crossfade.parity.comparison.records import is_tombstone, mapping_version_of
from crossfade.parity.model import Comparison, Finding
from crossfade.ports import Item
from crossfade.postgres import ledger_rows
from crossfade.runtime.verification import Verifier, open_verifier
from crossfade.settings import Settings, load_settings

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The state of one ledger key in both stores and in the ledger.

    Attributes:
        ledger: the ledger's row; None if there is none.
        row: ``there`` or ``gone``.
        item: ``live``, ``tombstone`` or ``absent``.
        objects: the keys of the item's objects, each with ``there`` or the error of reading it.
        source_content: the row's columns; only with ``--reveal``.
        target_content: the item; only with ``--reveal``.
    """

    key: Key
    comparison: Comparison
    ledger: Mapping[str, Any] | None
    row: str
    item: str
    objects: Mapping[str, str]
    findings: Sequence[Finding]
    source_content: Mapping[str, str | None] | None = None
    target_content: Item | None = None


@app.command(
    epilog="Examples: crossfade explain session 6f9619ff; "
    "crossfade explain member 0b9619ff user-1 --json; crossfade explain session 6f9619ff --reveal"
)
def explain(
    entity: Annotated[str, typer.Argument(help="The entity or its table.")],
    key: Annotated[list[str], typer.Argument(help="The primary key's columns, in order.")],
    *,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Also show the contents of the row and the item.")
    ] = False,
    as_json: AsJson = False,
    application: ApplicationOption = "",
) -> None:
    """Show the state of one row in both stores and the ledger, under every key it ever had."""
    with clear_errors():
        mapping = find_application(application).find(entity)
        if len(key) != len(mapping.primary_key):
            columns = ", ".join(mapping.primary_key)
            raise ConfigurationError(f"explain: {mapping.name} needs its primary key: {columns}")
        found = run(_explain(load_settings(), mapping, tuple(key), reveal=reveal))
    if as_json:
        print_json([_document(one) for one in found])
        return
    if not found:
        typer.echo(f"{mapping.name} {'/'.join(key)}: no row and no ledger entry has this key")
    for one in found:
        _print(one)


def _document(one: Explanation) -> dict[str, Any]:
    findings = [finding_document(finding) for finding in one.findings]
    return with_judgement(asdict(one)) | {"findings": findings}


async def _explain(
    settings: Settings, mapping: TableMapping, primary_key: tuple[str, ...], *, reveal: bool
) -> list[Explanation]:
    async with open_verifier(settings, [mapping]) as verifier:
        row = Row(mapping.name, primary_key)
        known = await ledger_rows(verifier.resources.pool, mapping, row)
        return [
            await _explain_key(verifier, key, ledger, reveal=reveal)
            for key, ledger in known.items()
        ]


async def _explain_key(
    verifier: Verifier, key: Key, ledger: Mapping[str, Any] | None, *, reveal: bool
) -> Explanation:
    (comparison,) = await verifier.checker.check_keys([key], is_deep=True)
    (state,) = await verifier.source.fetch([key])
    item = await verifier.checker.read_item(key)
    reader = verifier.stores.readers.by_name[key.entity]
    pointers = reader.pointers(item) if item is not None else ()
    evidence = replace(
        comparison.evidence,
        source_digest=reader.digest_of_row(state) if isinstance(state, Live) else None,
        target_digest=reader.digest_of_item(item) if _kind(item) == "live" and item else None,
        mapping_version=mapping_version_of(item or {}),
    )
    return Explanation(
        key=key,
        comparison=replace(comparison, evidence=evidence),
        ledger=ledger,
        row="there" if isinstance(state, Live) else "gone",
        item=_kind(item),
        objects={pointer: await _object(verifier, pointer) for pointer in pointers},
        findings=await verifier.findings.of_key(key),
        source_content=_content(state) if reveal else None,
        target_content=item if reveal else None,
    )


async def _object(verifier: Verifier, pointer: str) -> str:
    try:
        await verifier.stores.objects.head(pointer)
    except (BrokenPointer, InvalidKey) as error:
        return type(error).__name__
    return "there"


def _kind(item: Item | None) -> str:
    if item is None:
        return "absent"
    return "tombstone" if is_tombstone(item) else "live"


def _content(state: State) -> Mapping[str, str | None] | None:
    return state.columns if isinstance(state, Live) else None


def _print(one: Explanation) -> None:
    evidence = one.comparison.evidence
    rows: list[tuple[str, object]] = [
        ("verdict", one.comparison.verdict.value),
        ("attributes that differ", ", ".join(one.comparison.fields)),
        ("probable cause", one.comparison.cause.value),
        ("row", one.row),
        ("item", one.item),
        *((name.replace("_", " "), value) for name, value in asdict(evidence).items()),
        *((f"ledger: {name}", value) for name, value in (one.ledger or {}).items()),
        *((f"object {pointer}", state) for pointer, state in one.objects.items()),
        *(_history(finding) for finding in one.findings),
    ]
    for name, content in (("row", one.source_content), ("item", one.target_content)):
        rows += [(f"{name}: {field}", value) for field, value in (content or {}).items()]
    print_table(str(one.key), ("property", "value"), rows)


def _history(finding: Finding) -> tuple[str, str]:
    closed = f", closed by {finding.closed_by}" if finding.closed_by else ", open"
    since = f"{finding.first_seen:%Y-%m-%d %H:%M:%S}"
    return f"finding {finding.id}", f"{finding.comparison.verdict.value} since {since}{closed}"
