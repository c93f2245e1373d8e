"""Creating, describing and deleting the bucket, on every S3 implementation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crossfade.errors import (
    AccessDenied,
    ConfigurationError,
    NoSuchStore,
    StoreNotEmpty,
    Unreachable,
)
from crossfade.local import free_port
from crossfade.s3 import Config, Keys, ObjectStore, create, delete, describe
from support.engines.values import S3Engine


@pytest.fixture
def config(s3: S3Engine) -> Config:
    """A bucket that does not exist yet."""
    return Config(
        bucket=f"{s3.bucket}-new",
        region=s3.region,
        endpoint=s3.endpoint,
        allow_http=True,
        keys=Keys(s3.access_key, s3.secret_key),
        backoff_seconds=0.01,
    )


async def test_a_new_bucket_is_guarded(s3: S3Engine, config: Config) -> None:
    created = await create(config)

    assert created == await describe(config)
    assert created.name == config.bucket
    assert created.versioned
    assert created.public_access_blocked is (s3.name != "seaweedfs")  # which has no such guard
    assert created.owner_enforced
    assert created.encryption == "AES256"
    assert created.empty


async def test_creating_twice_changes_nothing(config: Config) -> None:
    created = await create(config)
    await ObjectStore(config).put_text("transcripts", "row", "content")

    again = await create(config)

    assert again == replace(created, empty=False)


async def test_a_missing_bucket_is_named_with_its_remedy(config: Config) -> None:
    with pytest.raises(NoSuchStore, match="bucket create"):
        await describe(config)
    with pytest.raises(NoSuchStore):
        await delete(config, confirmed_name=config.bucket)


async def test_a_bucket_is_deleted_only_when_its_name_is_repeated(config: Config) -> None:
    await create(config)

    with pytest.raises(ConfigurationError, match="nothing was deleted"):
        await delete(config, confirmed_name="another")
    assert (await describe(config)).empty

    await delete(config, confirmed_name=config.bucket)
    with pytest.raises(NoSuchStore):
        await describe(config)


async def test_a_bucket_with_objects_is_not_deleted(config: Config) -> None:
    await create(config)
    key = await ObjectStore(config).put_text("transcripts", "row", "content")

    with pytest.raises(StoreNotEmpty):
        await delete(config, confirmed_name=config.bucket)

    assert await ObjectStore(config).get_text(key) == "content"


async def test_wrong_credentials_are_named(s3: S3Engine, config: Config) -> None:
    if s3.name == "ministack":
        pytest.skip("ministack does not check signatures")
    with pytest.raises(AccessDenied) as raised:
        await create(replace(config, keys=Keys(s3.access_key, "wrong-secret")))

    assert "wrong-secret" not in str(raised.value)


async def test_a_dead_store_is_unreachable(config: Config) -> None:
    dead = replace(config, endpoint=f"http://127.0.0.1:{free_port()}", attempts_max=1)

    with pytest.raises(Unreachable):
        await describe(dead)
