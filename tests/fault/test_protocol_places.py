"""Wrong credentials, and a table or a bucket that is not there: told, and mended without a loss."""

from __future__ import annotations

import pytest

from campaigns.actions import create_session, save_transcript
from campaigns.inputs import NewSession, TranscriptChanges
from campaigns.mapping import APPLICATION
from crossfade.events import Event, LedgerRaised, PushFailed
from crossfade.postgres import install, uninstall
from crossfade.runtime.migration import open_migration
from crossfade.testing import LoseAnswer, Rule
from support.engines.house import House
from support.engines.values import Database, DynamoEngine, S3Engine
from support.engines.world import World, create_table_with_index, open_world


async def speak(world: World) -> None:
    session = await create_session(world.app, world.user_id, NewSession(name="One"))
    changes = TranscriptChanges(expected_revision=session.revision, text="[Brin] Hello?")
    await save_transcript(world.app, world.user_id, session.id, changes)


def errors(events: list[Event]) -> set[str]:
    return {event.error for event in events if isinstance(event, PushFailed)}


async def test_a_missing_table_is_told_and_filled_once_it_is_there(world: World) -> None:
    name = world.stores.table_name
    world.stores.dynamodb.delete_table(TableName=name)
    await speak(world)
    assert await world.migration.fast_path.drain(60)
    assert errors(world.events) == {"NoSuchStore"}
    create_table_with_index(world.stores.dynamodb, name)
    await world.sql("UPDATE users SET name = 'Mira'")
    await world.assert_equal()


async def test_a_missing_bucket_is_told_and_filled_once_it_is_there(world: World) -> None:
    bucket = world.stores.bucket
    world.stores.s3.delete_bucket(Bucket=bucket)
    await speak(world)
    assert await world.migration.fast_path.drain(60)
    assert errors(world.events) == {"NoSuchStore"}
    world.stores.s3.create_bucket(Bucket=bucket)
    await world.assert_equal()


@pytest.fixture
def signed_bucket(house: House) -> S3Engine:
    """A bucket on SeaweedFS, which checks signatures."""
    return house.bucket("seaweedfs")


async def test_wrong_credentials_are_told_and_nothing_is_lost(
    migrated: Database,
    ministack: DynamoEngine,
    signed_bucket: S3Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process with a wrong secret writes rows; one with the right secret delivers them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", signed_bucket.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    async with open_world(migrated, ministack, signed_bucket) as world:
        await speak(world)
        assert await world.migration.fast_path.drain(60)
        assert errors(world.events) == {"AccessDenied"}
        assert "not-the-secret" not in repr(world.events)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", signed_bucket.secret_key)
        settings = world.settings
        async with open_migration(settings, APPLICATION, world.events.append) as migration:
            while await world.dirty():
                await migration.relay_step()
        assert (await world.audit()).is_clean


@pytest.fixture
def dynalite(house: House) -> DynamoEngine:
    """A DynamoDB that does not return the item with a refusal."""
    return house.dynamo("dynalite")


async def test_the_protocol_holds_on_other_engines(
    migrated: Database, dynalite: DynamoEngine, signed_bucket: S3Engine, credentials: None
) -> None:
    """Writes, a lost answer, a lost ledger: as on the first engines."""
    del credentials
    async with open_world(migrated, dynalite, signed_bucket) as world:
        world.dynamo.add(Rule(LoseAnswer(cut=True), operation="PutItem", times=1))
        await speak(world)
        await world.assert_equal()
        await world.sql("UPDATE sessions SET name = 'Renamed'")
        await world.drain()
        await uninstall(world.direct.dsn, force=True)
        await install(world.direct.dsn, APPLICATION.mappings)
        await world.sql("UPDATE sessions SET name = 'Renamed again'")
        await world.sql("UPDATE users SET name = 'Mira'")
        await world.assert_equal()
        await world.sql("DELETE FROM sessions")
        await world.assert_equal()
        assert world.observed(LedgerRaised)
