"""`crossfade preflight`: rows that cannot be stored, and costs, before the first write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from crossfade.cli.application import ApplicationOption, find_application
from crossfade.cli.console import AsJson, clear_errors, print_json, print_table, read_bytes, run
from crossfade.errors import NoSuchStore, SchemaChanged
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.postgres import PostgresCensus, PostgresWindows, Rules, table_differences
from crossfade.preflight.census import Census, Misfit
from crossfade.preflight.dry_run import count_rows, sample
from crossfade.preflight.prices import GIGABYTE, Cost, Prices, cost_of, read_prices
from crossfade.preflight.warm_throughput import NEW_TABLE_WRITE_UNITS, Warming, warming
from crossfade.runtime.backfill import open_census
from crossfade.settings import Settings, load_settings

app = typer.Typer()

SAMPLE_PAGES_MAX = 50
COLUMNS = ("entity", "rows", "read", "GB", "largest item", "objects", "write units", "misfits")


@dataclass(frozen=True, slots=True)
class EntityReport:
    """The expected result of migrating one entity.

    Attributes:
        rows: an estimate; exact if every row was read.
        rows_read: rows read; sizes and counts are scaled up from them.
        item_bytes_max: bytes of the largest item among the rows read.
        item_units: write units of the table without its indexes.
        write_units: write units of the table and its indexes.
        misfits: rows read that cannot be stored as they are; `shown` has the first of them.
        differences: the differences between the table and its mapping.
    """

    entity: str
    rows: int
    rows_read: int
    item_bytes: int
    item_bytes_max: int
    objects: int
    object_bytes: int
    item_units: int
    write_units: int
    misfits: int
    shown: tuple[Misfit, ...]
    differences: tuple[str, ...]
    rules: Rules

    @property
    def fits(self) -> bool:
        """Return whether every row read can be stored."""
        return not (self.misfits or self.differences)


@dataclass(frozen=True, slots=True)
class Report:
    """The report on all entities, and their total cost.

    Attributes:
        hours: duration of the backfill at the given write units a second, else at those of a new
            table.
        warming: whether a new table has the throughput for the fastest backfill.
    """

    entities: tuple[EntityReport, ...]
    hours: float
    warming: Warming
    cost: Cost
    prices: Prices


@app.command(
    epilog="Examples: crossfade preflight; crossfade preflight session --full; "
    "crossfade preflight --wcu 1000 --json; crossfade preflight --prices ours.json"
)
def preflight(
    entities: Annotated[
        list[str] | None, typer.Argument(help="Entities or tables; all unless given.")
    ] = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Read every row, not a sample.")] = False,
    wcu: Annotated[
        float | None,
        typer.Option(min=0.01, help="The backfill's write units a second, to estimate the hours."),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            "--prices", help="A JSON file of other prices, with the names that `--json` prints."
        ),
    ] = None,
    as_json: AsJson = False,
    application: ApplicationOption = "",
) -> None:
    """Find rows that cannot be stored, and estimate costs, before the first write; changes nothing.

    The exit code is 1 when a row or a table does not fit. Rows are named by their primary keys,
    never by their content.
    """
    with clear_errors():
        settings = load_settings()
        found = find_application(application)
        mappings = found.choose(entities or ())
        chosen = Prices() if prices is None else read_prices(read_bytes(prices))
        report = run(_survey(settings, mappings, wcu, chosen, full=full))
    if as_json:
        print_json(asdict(report))
    else:
        _print(report)
    if not all(one.fits for one in report.entities):
        raise typer.Exit(1)


async def _survey(
    settings: Settings,
    mappings: Sequence[Mapping],
    wcu: float | None,
    prices: Prices,
    *,
    full: bool,
) -> Report:
    async with open_census(settings, mappings) as (tables, windows):
        reports = [
            await _entity(settings, tables, windows, mapping, full=full) for mapping in mappings
        ]
    item_units = sum(one.item_units for one in reports)
    return Report(
        entities=tuple(reports),
        hours=item_units / (wcu or NEW_TABLE_WRITE_UNITS) / 3600,
        warming=warming(settings.dynamodb_table_name, item_units, wcu),
        cost=cost_of(
            prices,
            write_units=sum(one.write_units for one in reports),
            item_bytes=sum(one.item_bytes for one in reports),
            objects=sum(one.objects for one in reports),
            object_bytes=sum(one.object_bytes for one in reports),
        ),
        prices=prices,
    )


async def _entity(
    settings: Settings,
    tables: PostgresCensus,
    windows: PostgresWindows,
    mapping: Mapping,
    *,
    full: bool,
) -> EntityReport:
    differences = await table_differences(settings.dsn, [mapping])
    census, rows, rules = Census(Codec(mapping)), 0, Rules((), (), ())
    page_rows = settings.backfill_page_rows
    try:
        cuts, rows = await windows.sample(mapping.name)
        if full or rows <= SAMPLE_PAGES_MAX * page_rows:
            await count_rows(tables, census, page_rows=page_rows)
            rows = census.items + census.misfits
        else:
            await sample(tables, census, cuts, page_rows=page_rows, pages_max=SAMPLE_PAGES_MAX)
        rules = await tables.rules(mapping)
    except (NoSuchStore, SchemaChanged):
        # A table without the mapped columns cannot be read; its differences are then the report.
        if not differences:
            raise
    return _scaled(census, rows, differences, rules)


def _scaled(census: Census, rows: int, differences: Sequence[str], rules: Rules) -> EntityReport:
    """Return the report on all rows, scaled up from the census of the rows read."""
    rows_read = census.items + census.misfits
    scale = rows / rows_read if rows_read else 0.0
    return EntityReport(
        entity=census.codec.mapping.name,
        rows=rows,
        rows_read=rows_read,
        item_bytes=round(census.item_bytes * scale),
        item_bytes_max=census.item_bytes_max,
        objects=round(census.objects * scale),
        object_bytes=round(census.object_bytes * scale),
        item_units=round(census.item_units * scale),
        write_units=round(census.write_units * scale),
        misfits=census.misfits,
        shown=tuple(census.shown),
        differences=tuple(differences),
        rules=rules,
    )


def _print(report: Report) -> None:
    rows = [
        (
            one.entity,
            one.rows,
            one.rows_read,
            round(one.item_bytes / GIGABYTE, 3),
            one.item_bytes_max,
            one.objects,
            one.write_units,
            one.misfits,
        )
        for one in report.entities
    ]
    print_table("Preflight", COLUMNS, rows)
    for one in report.entities:
        for line in _lines(one):
            typer.echo(line)
    cost, prices = report.cost, report.prices
    typer.echo(
        f"about {report.hours:,.2f} hours, ${cost.once:,.2f} once and "
        f"${cost.each_month:,.2f} a month; "
        f"a verification pass ${cost.each_pass:,.4f}, a deep pass ${cost.each_deep_pass:,.4f}; "
        f"at list prices of {prices.region} as of {prices.as_of}"
    )
    if report.warming.advice:
        typer.echo(f"warm throughput: {report.warming.advice}")


def _lines(one: EntityReport) -> Iterator[str]:
    for misfit in one.shown:
        yield f"{one.entity} {'/'.join(misfit.primary_key)}: {misfit.problem}; {misfit.remedy}"
    if one.misfits > len(one.shown):
        yield f"{one.entity}: {one.misfits - len(one.shown):,} more rows do not fit"
    yield from one.differences
    for name, count in one.rules.orphans:
        yield f"{one.entity}: {count:,} rows violate {name}, which was never validated"
    for column, count in one.rules.spellings:
        yield (
            f"{one.entity}.{column}: {count:,} values are equal in PostgreSQL but differ in bytes; "
            "they become different keys, so use one spelling"
        )
    for rule in one.rules.vanishing:
        yield f"{one.entity}: the target does not enforce {rule}"
