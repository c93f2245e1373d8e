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
from support.engines.world import World

WINDOW_SECONDS = 14 * 86_400.0


async def facts(world: World) -> Facts:
    async with open_pool(world.direct.dsn) as pool:
        return await gate_facts(pool, WINDOW_SECONDS)


async def verify(world: World) -> None:
    async with open_verifier(world.settings, APPLICATION.mappings) as verifier:
        await verifier.full_pass()


async def closed(world: World) -> set[str]:
    told = readiness(await facts(world), Thresholds())
    return {gate.name for gate in told.gates if not gate.is_passed}


async def test_a_fresh_migration_lacks_what_it_lacks(world: World) -> None:
    await furnish(world)
    told = await facts(world)
    assert {entity.name for entity in told.entities} == set(APPLICATION.by_name)
    assert all(entity.windows == 0 and entity.verified_at is None for entity in told.entities)
    assert (told.dirty, told.parked, told.open_findings) == (0, 0, 0)
    assert told.quiet_since is None
    assert {"backfill", "full-pass", "coverage", "quiet"} <= await closed(world)
    assert readiness(told, Thresholds()).phase is Phase.INSTALLED


async def test_a_pass_opens_its_gates(world: World) -> None:
    await furnish(world)
    await verify(world)
    told = await facts(world)
    assert all(entity.buckets == 256 for entity in told.entities)
    assert told.quiet_since is not None
    assert not {"full-pass", "coverage", "findings"} & await closed(world)
    await world.sql("UPDATE crossfade.run SET finished_at = finished_at - interval '15 days'")
    assert "quiet" not in await closed(world)


async def test_a_difference_begins_the_window_anew(world: World) -> None:
    await furnish(world)
    await verify(world)
    await world.sql("UPDATE crossfade.run SET finished_at = finished_at - interval '15 days'")
    await inject(world, Corruption.CHANGED_STRING)
    await verify(world)
    assert {"findings", "quiet"} <= await closed(world)
    await world.sql(
        "UPDATE crossfade.finding SET closed_at = now() - interval '1 day', closed_by = 'run 3'"
    )
    told = await facts(world)
    assert told.quiet_since is not None
    assert told.taken_at - told.quiet_since == pytest.approx(
        timedelta(days=1), abs=timedelta(minutes=5)
    )
    assert "quiet" in await closed(world)
    await world.sql("UPDATE crossfade.finding SET closed_at = now() - interval '15 days'")
    assert "quiet" not in await closed(world)


async def test_what_is_on_its_way_or_parked_is_counted_up_to_a_limit(world: World) -> None:
    await world.sql(
        "INSERT INTO crossfade.ledger (entity, key, version, xid, dirty_since, next_attempt_at) "
        "SELECT 'user', ARRAY['late' || n], 1, pg_current_xact_id(), now() - interval '5 min', "
        "now() + interval '1 day' FROM generate_series(1, 12000) AS n"
    )
    told = await facts(world)
    assert told.dirty == COUNT_MAX
    (user,) = [entity for entity in told.entities if entity.name == "user"]
    assert told.taken_at - user.replicated_through >= timedelta(minutes=5)
    assert {"dirty", "lag"} <= await closed(world)
    await world.sql("UPDATE crossfade.ledger SET parked_reason = 'x' WHERE key[1] LIKE 'late%%'")
    assert ((await facts(world)).dirty, (await facts(world)).parked) == (0, COUNT_MAX)
    assert "parked" in await closed(world)


async def test_a_missing_trigger_closes_the_first_gate(world: World) -> None:
    await world.sql("ALTER TABLE sessions DISABLE TRIGGER USER")
    told = readiness(await facts(world), Thresholds())
    assert told.phase is Phase.INSTALLING
    assert "public.sessions" in told.gates[0].reason


async def test_a_plan_of_an_earlier_installation_is_none(world: World) -> None:
    await world.sql(
        "INSERT INTO crossfade.backfill (entity, activated_xid, fingerprint, rows_estimated) "
        "SELECT name, activated_xid, fingerprint, 0 FROM crossfade.mapping"
    )
    await world.sql(
        "INSERT INTO crossfade.backfill_window (entity, number, is_done) "
        "SELECT name, 0, true FROM crossfade.mapping"
    )
    assert "backfill" not in await closed(world)
    await world.sql("UPDATE crossfade.mapping SET fingerprint = 'another' WHERE name = 'user'")
    assert "backfill" in await closed(world)


async def test_the_command_prints_them_and_exits_with_3(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", world.direct.dsn)
    printed = await asyncio.to_thread(CliRunner().invoke, app, ["gates", "--json"])
    assert printed.exit_code == 3
    told = json.loads(printed.stdout)
    assert told["is_ready"] is False
    assert told["phase"] == "installed"
    assert {gate["name"] for gate in told["gates"] if gate["is_passed"]} >= {"capture", "parked"}
    table = await asyncio.to_thread(CliRunner().invoke, app, ["gates"])
    assert table.exit_code == 3
    assert "Phase: installed" in table.stdout
    assert "crossfade backfill" in table.stdout
