"""Helpers of the tests of corruption, repair and sweep: routes, findings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from campaigns.mapping import APPLICATION
from crossfade import dynamo
from crossfade.errors import BrokenPointer
from crossfade.mapping.codec.item_equality import same_content
from crossfade.mapping.state import Deleted, Key
from crossfade.parity.model import Comparison, Verdict
from crossfade.postgres import open_pool
from crossfade.postgres.ledger.mark import mark_keys
from crossfade.postgres.parity.findings import PostgresFindings
from crossfade.postgres.repair.orphans import PostgresOrphans
from crossfade.postgres.repair.tombstones import PostgresTombstones
from crossfade.postgres.repair.uploads import PostgresUploads
from crossfade.relay import delivery
from crossfade.repair import repair, sweep
from support.engines.product import RunningProduct


@dataclass(frozen=True)
class ItemComparison:
    """Compares the item of a row's current state with the stored one, and reads the objects."""

    product: RunningProduct
    items: dynamo.Target

    async def __call__(self, keys: Sequence[Key]) -> Sequence[Comparison]:
        return [Comparison(key, await self.verdict(key)) for key in keys]

    async def verdict(self, key: Key) -> Verdict:
        route = self.product.migration.route
        codec = route.codecs[key.entity]
        (state,) = await route.source.fetch([key])
        found = await self.items.get([codec.table_key(key)])
        item = next((one for one in found if "cf_deleted" not in one), None)
        if isinstance(state, Deleted):
            return Verdict.EQUAL if item is None else Verdict.DRIFT_EXTRA
        if item is None:
            return Verdict.DRIFT_MISSING
        unknown = replace(state, bodies=tuple(replace(one, stored=False) for one in state.bodies))
        draft = codec.encode(unknown)
        for needed in draft.objects:
            try:
                await self.product.migration.objects.get_text(needed.object_key)
            except BrokenPointer:
                return Verdict.DRIFT_OBJECT
        return Verdict.EQUAL if same_content(draft.item, item) else Verdict.DRIFT_DIFFERS


@asynccontextmanager
async def repair_route(product: RunningProduct) -> AsyncIterator[repair.RepairStores]:
    """Open a route of repair with the comparison above."""
    migration = product.migration
    async with open_pool(product.direct.dsn) as pool:
        items = dynamo.Target(migration.client, product.settings.dynamodb_table_name)
        yield repair.RepairStores(
            findings=PostgresFindings(pool),
            mark=partial(mark_keys, pool, answer_seconds=10.0),
            uploads=PostgresUploads(pool),
            source=migration.route.source,
            items=items,
            objects=migration.objects,
            codecs=migration.route.codecs,
            deliver=partial(delivery.deliver, migration.route),
            compare=ItemComparison(product, items),
            observe=product.events.append,
            who="repair by a test",
        )


@asynccontextmanager
async def sweep_route(
    product: RunningProduct, grace_seconds: float = 0.0
) -> AsyncIterator[sweep.SweepStores]:
    """Open a route of the sweep on the product's clients."""
    migration = product.migration
    target = dynamo.Target(migration.client, product.settings.dynamodb_table_name)
    async with open_pool(product.direct.dsn) as pool:
        yield sweep.SweepStores(
            tombstones=PostgresTombstones(pool, APPLICATION.mappings),
            orphans=PostgresOrphans(pool, APPLICATION.mappings),
            uploads=PostgresUploads(pool),
            mark=partial(mark_keys, pool, answer_seconds=10.0),
            items=target,
            objects=migration.objects,
            codecs={name: migration.route.codecs[name] for name in APPLICATION.by_name},
            observe=product.events.append,
            grace_seconds=grace_seconds,
        )


async def repair_page(
    stores: repair.RepairStores, *, after: int = 0, findings_max: int = 100, run: int | None = None
) -> tuple[repair.Result, ...]:
    """Repair the open findings after one, as a command does page by page."""
    remedies = await repair.preview(stores, after=after, findings_max=findings_max, run=run)
    return await repair.carry_out(stores, remedies)


async def swept(route: sweep.SweepStores) -> list[sweep.Candidate]:
    """Sweep; return the outcome of each candidate."""
    return [one async for batch in sweep.sweep(route) for one in batch.candidates]


async def find(
    product: RunningProduct, *keys: Key, verdict: Verdict = Verdict.DRIFT_DIFFERS
) -> None:
    """Open a finding for each key, as a verification run does."""
    for key in keys:
        await product.sql(
            "INSERT INTO crossfade.finding (entity, key, verdict, cause, first_run, last_run) "
            "VALUES (%s, %s, %s, 'none', 1, 1) "
            "ON CONFLICT (entity, key) WHERE closed_at IS NULL DO NOTHING",
            key.entity,
            list(key.parts),
            verdict.value,
        )


async def open_findings(product: RunningProduct) -> int:
    ((count,),) = await product.sql(
        "SELECT count(*) FROM crossfade.finding WHERE closed_at IS NULL"
    )
    return int(count)
