"""What may be removed from the object store: damaged objects, and what a sweep chose."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crossfade.errors import DamagedObject, InvalidKey, MissingObject, OversizedObject
from crossfade.s3 import ObjectStore
from support.engines.clients import boto_client
from support.engines.objects import key_of, store_config
from support.engines.values import S3Engine

TEXT = "[Brin] Hello? " * 100


async def noise() -> AsyncIterator[bytes]:
    yield b"\xff\xfe"


@pytest.fixture
def store(s3: S3Engine) -> ObjectStore:
    return ObjectStore(store_config(s3))


@pytest.mark.parametrize("damage", ["truncated", "other content", "not packed"])
async def test_a_damaged_object_is_discarded(store: ObjectStore, s3: S3Engine, damage: str) -> None:
    key = key_of(TEXT)
    await store.put(key, TEXT)
    client = boto_client(s3)
    stored = client.get_object(Bucket=s3.bucket, Key=key)["Body"].read()
    bodies = {"truncated": stored[:-8], "other content": stored + stored, "not packed": b"x"}
    client.put_object(Bucket=s3.bucket, Key=key, Body=bodies[damage])
    with pytest.raises(DamagedObject):
        await store.check(key)
    assert await store.discard_damaged(key)
    assert not await store.exists(key)
    await store.put(key, TEXT)
    await store.check(key)


async def test_a_sound_object_is_not_discarded(store: ObjectStore) -> None:
    await store.put(key_of(TEXT), TEXT)
    assert not await store.discard_damaged(key_of(TEXT))
    assert await store.get_text(key_of(TEXT)) == TEXT


async def test_content_that_is_no_text_is_not_damage(store: ObjectStore) -> None:
    key = await store.put_stream("transcripts", "row", noise())
    assert not await store.discard_damaged(key)
    assert await store.exists(key)


async def test_an_object_too_large_to_be_read_is_not_discarded(
    store: ObjectStore, s3: S3Engine
) -> None:
    key = key_of(TEXT)
    await store.put(key, TEXT)
    narrow = ObjectStore(store_config(s3, plain_bytes_max=10))
    with pytest.raises(OversizedObject):
        await narrow.check(key)
    assert not await narrow.discard_damaged(key)
    assert await store.get_text(key) == TEXT


async def test_a_missing_object_is_neither_sound_nor_discarded(store: ObjectStore) -> None:
    with pytest.raises(MissingObject):
        await store.check(key_of(TEXT))
    assert not await store.discard_damaged(key_of(TEXT))


async def test_removing_twice_is_removing_once(store: ObjectStore) -> None:
    await store.put(key_of(TEXT), TEXT)
    await store.remove(key_of(TEXT))
    await store.remove(key_of(TEXT))
    assert not await store.exists(key_of(TEXT))


async def test_a_name_of_other_making_is_not_removed(store: ObjectStore, s3: S3Engine) -> None:
    boto_client(s3).put_object(Bucket=s3.bucket, Key="transcripts/readme.txt", Body=b"x")
    with pytest.raises(InvalidKey):
        await store.remove("transcripts/readme.txt")


async def test_names_are_listed_in_order_page_by_page(store: ObjectStore) -> None:
    keys = sorted([await store.put_text("transcripts", f"row{n}", TEXT) for n in range(5)])
    await store.put_text("others", "row", TEXT)
    first = await store.names("transcripts", "", 3)
    rest = await store.names("transcripts", first[-1], 3)
    assert [*first, *rest] == keys
    assert await store.names("transcripts", keys[-1], 3) == []
