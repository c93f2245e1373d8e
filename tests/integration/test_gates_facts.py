"""The gates on a real migration: each fact as the ledger's schema has it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from campaigns.mapping import APPLICATION
from crossfade.cli.main import app
from crossfade.cutover.gates import COUNT_MAX, Facts, Phase, Thresholds
from crossfade.cutover.readiness import readiness
from crossfade.postgres import open_pool
from crossfade.postgres.monitoring.gates import gate_facts
from crossfade.runtime.verification import open_verifier
from crossfade.testing.corruption.corruption import Corruption
from support.damage import furnish, inject
from support.engines.product import RunningProduct

WINDOW_SECONDS = 14 * 86_400.0


async def facts(product: RunningProduct) -> Facts:
    async with open_pool(product.direct.dsn) as pool:
        return await gate_facts(pool, WINDOW_SECONDS)


async def verify(product: RunningProduct) -> None:
    async with open_verifier(product.settings, APPLICATION.mappings) as verifier:
        await verifier.run_full_pass()


async def closed(product: RunningProduct) -> set[str]:
    found = readiness(await facts(product), Thresholds())
    return {gate.name for gate in found.gates if not gate.is_passed}


async def test_a_fresh_migration_lacks_what_it_lacks(product: RunningProduct) -> None:
    await furnish(product)
    found = await facts(product)
    assert {entity.name for entity in found.entities} == set(APPLICATION.by_name)
    assert {(entity.windows, entity.verified_at) for entity in found.entities} == {(0, None)}
    assert (found.dirty, found.parked, found.open_findings) == (0, 0, 0)
    assert found.quiet_since is None
    assert {"backfill", "full-pass", "coverage", "quiet"} <= await closed(product)
    assert readiness(found, Thresholds()).phase is Phase.INSTALLED


async def test_a_pass_opens_its_gates(product: RunningProduct) -> None:
    await furnish(product)
    await verify(product)
    found = await facts(product)
    assert {entity.buckets for entity in found.entities} == {256}
    assert found.quiet_since is not None
    assert not {"full-pass", "coverage", "findings"} & await closed(product)
    await product.sql("UPDATE crossfade.run SET finished_at = finished_at - interval '15 days'")
    assert "quiet" not in await closed(product)


async def test_a_difference_begins_the_window_anew(product: RunningProduct) -> None:
    await furnish(product)
    await verify(product)
    await product.sql("UPDATE crossfade.run SET finished_at = finished_at - interval '15 days'")
    await inject(product, Corruption.CHANGED_STRING)
    await verify(product)
    assert {"findings", "quiet"} <= await closed(product)
    await product.sql(
        "UPDATE crossfade.finding SET closed_at = now() - interval '1 day', closed_by = 'run 3'"
    )
    found = await facts(product)
    assert found.quiet_since is not None
    assert found.taken_at - found.quiet_since == pytest.approx(
        timedelta(days=1), abs=timedelta(minutes=5)
    )
    assert "quiet" in await closed(product)
    await product.sql("UPDATE crossfade.finding SET closed_at = now() - interval '15 days'")
    assert "quiet" not in await closed(product)


async def test_what_is_on_its_way_or_parked_is_counted_up_to_a_limit(
    product: RunningProduct,
) -> None:
    await product.sql(
        "INSERT INTO crossfade.ledger (entity, key, version, xid, dirty_since, next_attempt_at) "
        "SELECT 'user', ARRAY['late' || n], 1, pg_current_xact_id(), now() - interval '5 min', "
        "now() + interval '1 day' FROM generate_series(1, 12000) AS n"
    )
    found = await facts(product)
    assert found.dirty == COUNT_MAX
    (user,) = [entity for entity in found.entities if entity.name == "user"]
    assert found.taken_at - user.replicated_through >= timedelta(minutes=5)
    assert {"dirty", "lag"} <= await closed(product)
    await product.sql("UPDATE crossfade.ledger SET parked_reason = 'x' WHERE key[1] LIKE 'late%%'")
    assert ((await facts(product)).dirty, (await facts(product)).parked) == (0, COUNT_MAX)
    assert "parked" in await closed(product)


async def test_a_missing_trigger_closes_the_first_gate(product: RunningProduct) -> None:
    await product.sql("ALTER TABLE sessions DISABLE TRIGGER USER")
    found = readiness(await facts(product), Thresholds())
    assert found.phase is Phase.INSTALLING
    assert "public.sessions" in found.gates[0].reason


async def test_a_plan_of_an_earlier_installation_is_invalid(product: RunningProduct) -> None:
    await product.sql(
        "INSERT INTO crossfade.backfill (entity, activated_xid, fingerprint, rows_estimated) "
        "SELECT name, activated_xid, fingerprint, 0 FROM crossfade.mapping"
    )
    await product.sql(
        "INSERT INTO crossfade.backfill_window (entity, number, is_done) "
        "SELECT name, 0, true FROM crossfade.mapping"
    )
    assert "backfill" not in await closed(product)
    await product.sql("UPDATE crossfade.mapping SET fingerprint = 'another' WHERE name = 'user'")
    assert "backfill" in await closed(product)


async def test_the_command_prints_them_and_exits_with_3(
    product: RunningProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", product.direct.dsn)
    printed = await asyncio.to_thread(CliRunner().invoke, app, ["gates", "--json"])
    assert printed.exit_code == 3
    found = json.loads(printed.stdout)
    assert found["is_ready"] is False
    assert found["phase"] == "installed"
    assert {gate["name"] for gate in found["gates"] if gate["is_passed"]} >= {"capture", "parked"}
    table = await asyncio.to_thread(CliRunner().invoke, app, ["gates"])
    assert table.exit_code == 3
    assert "Phase: installed" in table.stdout
    assert "crossfade backfill" in table.stdout
