"""Wrong credentials, and a missing table or bucket: reported, and corrected without a loss."""

from __future__ import annotations

import pytest

from campaigns.actions import create_session, save_transcript
from campaigns.inputs import NewSession, TranscriptChanges
from campaigns.mapping import APPLICATION
from crossfade.errors import AccessDenied, NoSuchStore
from crossfade.events import Event, LedgerRaised, PushFailed
from crossfade.postgres import install, uninstall
from crossfade.runtime.migration import open_migration
from crossfade.testing import LoseAnswer, Rule
from support.engines.product import RunningProduct, create_table_with_index, open_product
from support.engines.shared import Engines
from support.engines.values import Database, DynamoEngine, S3Engine


async def speak(product: RunningProduct) -> None:
    session = await create_session(product.app, product.user_id, NewSession(name="One"))
    changes = TranscriptChanges(expected_revision=session.revision, text="[Brin] Hello?")
    await save_transcript(product.app, product.user_id, session.id, changes)


def errors(events: list[Event]) -> set[type[Exception]]:
    return {event.error for event in events if isinstance(event, PushFailed)}


async def test_a_missing_table_is_reported_and_filled_once_it_exists(
    product: RunningProduct,
) -> None:
    name = product.stores.table_name
    product.stores.dynamodb.delete_table(TableName=name)
    await speak(product)
    assert await product.migration.fast_path.drain(60)
    assert errors(product.events) == {NoSuchStore}
    create_table_with_index(product.stores.dynamodb, name)
    await product.sql("UPDATE users SET name = 'Mira'")
    await product.assert_equal()


async def test_a_missing_bucket_is_reported_and_filled_once_it_exists(
    product: RunningProduct,
) -> None:
    bucket = product.stores.bucket
    product.stores.s3.delete_bucket(Bucket=bucket)
    await speak(product)
    assert await product.migration.fast_path.drain(60)
    assert errors(product.events) == {NoSuchStore}
    product.stores.s3.create_bucket(Bucket=bucket)
    await product.assert_equal()


@pytest.fixture
def signed_bucket(engines: Engines) -> S3Engine:
    """A bucket on SeaweedFS, which checks signatures."""
    return engines.bucket("seaweedfs")


async def test_wrong_credentials_are_reported_and_nothing_is_lost(
    migrated: Database,
    ministack: DynamoEngine,
    signed_bucket: S3Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process with a wrong secret writes rows; one with the right secret delivers them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", signed_bucket.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    async with open_product(migrated, ministack, signed_bucket) as product:
        await speak(product)
        assert await product.migration.fast_path.drain(60)
        assert errors(product.events) == {AccessDenied}
        assert "not-the-secret" not in repr(product.events)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", signed_bucket.secret_key)
        settings = product.settings
        async with open_migration(settings, APPLICATION, product.events.append) as migration:
            while await product.dirty():
                await migration.relay_step()
        assert (await product.audit()).is_clean


@pytest.fixture
def dynalite(engines: Engines) -> DynamoEngine:
    """A DynamoDB that does not return the item with a refusal."""
    return engines.dynamo("dynalite")


async def test_the_protocol_holds_on_other_engines(
    migrated: Database, dynalite: DynamoEngine, signed_bucket: S3Engine, credentials: None
) -> None:
    """Writes, a lost answer, a lost ledger: as on the first engines."""
    del credentials
    async with open_product(migrated, dynalite, signed_bucket) as product:
        product.dynamo.add(Rule(LoseAnswer(cut=True), operation="PutItem", times=1))
        await speak(product)
        await product.assert_equal()
        await product.sql("UPDATE sessions SET name = 'Renamed'")
        await product.drain()
        await uninstall(product.direct.dsn, force=True)
        await install(product.direct.dsn, APPLICATION.mappings)
        await product.sql("UPDATE sessions SET name = 'Renamed again'")
        await product.sql("UPDATE users SET name = 'Mira'")
        await product.assert_equal()
        await product.sql("DELETE FROM sessions")
        await product.assert_equal()
        assert product.observed(LedgerRaised)
