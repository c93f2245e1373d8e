"""Storing and reading large contents, on every S3 implementation."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from crossfade.errors import (
    DigestMismatch,
    InvalidKey,
    MissingObject,
    ObjectTooLarge,
    Unmappable,
)
from crossfade.relay.ports import Objects
from crossfade.s3 import ObjectStore, Transcripts
from support.engines.clients import boto_client
from support.engines.objects import MIB, in_pieces, key_of, store_config
from support.engines.values import S3Engine

ODD_IDS = [
    'it\'s "quoted"',
    "a/b//c/",
    "..",
    ".hidden",
    "50% off + more & #1?",
    "tab\tand\nnewline",
    "back\\slash {curly} [square] ~^`|<>",
    "x" * 200,
    "Größe-名前-🎲",
    ("composite", "of/two"),
]


@pytest.fixture
def store(s3: S3Engine) -> ObjectStore:
    return ObjectStore(store_config(s3))


@pytest.mark.parametrize("content", ["", "x", "Würfel 🎲\n\x00" * 5000, "y" * MIB])
async def test_a_text_comes_back_exactly(store: ObjectStore, content: str) -> None:
    objects: Objects = store
    await objects.put(key_of(content), content)

    assert await store.get_text(key_of(content)) == content


@pytest.mark.parametrize("row_id", ODD_IDS)
async def test_any_row_id_can_name_objects(
    store: ObjectStore, row_id: str | tuple[str, ...]
) -> None:
    key = await store.put_text("transcripts", row_id, "content")

    assert key == key_of("content", row_id)
    assert await store.get_text(key) == "content"
    assert [found.object_key async for found in store.list("transcripts", row_id)] == [key]


@pytest.mark.parametrize("row_id", ["", "x" * 300, "🎲" * 30])
async def test_an_id_that_cannot_name_objects_is_refused(store: ObjectStore, row_id: str) -> None:
    with pytest.raises(Unmappable):
        await store.put_text("transcripts", row_id, "content")
    with pytest.raises(Unmappable):
        await store.put_stream("transcripts", row_id, in_pieces(1))


async def test_one_of_many_concurrent_writers_creates_and_all_succeed(s3: S3Engine) -> None:
    """Versions count the writes that took effect.

    SeaweedFS lets writers of one key queue for seconds; asking again is answered at once.
    """
    store = ObjectStore(store_config(s3, attempt_timeout_seconds=2, attempts_max=10))
    client = boto_client(s3)
    client.put_bucket_versioning(Bucket=s3.bucket, VersioningConfiguration={"Status": "Enabled"})
    content = "contested" * 5000

    await asyncio.gather(*(store.put(key_of(content), content) for _ in range(32)))

    versions = client.list_object_versions(Bucket=s3.bucket)["Versions"]
    assert [version["Key"] for version in versions] == [key_of(content)]
    assert await store.get_text(key_of(content)) == content


async def test_a_content_that_comes_back_never_dangles(store: ObjectStore) -> None:
    """A, then B, then A again: every pointer ever handed out stays readable."""
    first = await store.put_text("transcripts", "row", "A")
    second = await store.put_text("transcripts", "row", "B")
    third = await store.put_text("transcripts", "row", "A")

    assert first == third != second
    assert [await store.get_text(key) for key in (first, second, third)] == ["A", "B", "A"]


async def test_rows_do_not_share_objects(store: ObjectStore) -> None:
    """Erasing one row's objects keeps an equal content of another row."""
    keys = {await store.put_text("transcripts", row_id, "same") for row_id in ("1", "11", "1,1")}

    assert len(keys) == 3
    found = {listed.object_key async for listed in store.list("transcripts", "1")}
    assert found == {key_of("same", "1")}


async def test_a_content_under_another_contents_key_is_refused_unsent(store: ObjectStore) -> None:
    with pytest.raises(DigestMismatch, match="not the content's"):
        await store.put(key_of("content"), "another content")

    assert not await store.exists(key_of("content"))


async def test_a_key_without_an_object_is_missing(store: ObjectStore) -> None:
    key = key_of("never stored")

    assert not await store.exists(key)
    with pytest.raises(MissingObject):
        await store.get_text(key)
    with pytest.raises(MissingObject):
        await store.head(key)
    with pytest.raises(MissingObject):
        await anext(store.open_stream(key))
    assert [found async for found in store.list("transcripts")] == []


async def test_an_object_has_its_sizes_and_digest(store: ObjectStore) -> None:
    content = "ä" * 100_000
    key = await store.put_text("transcripts", "row", content)

    head = await store.head(key)

    assert await store.exists(key)
    assert head.digest == key[-64:]
    assert head.plain_bytes == 200_000
    assert 0 < head.stored_bytes < 1000
    [listed] = [found async for found in store.list("transcripts")]
    assert (listed.object_key, listed.stored_bytes) == (key, head.stored_bytes)


async def test_a_listing_has_every_page(store: ObjectStore) -> None:
    keys = {key_of("", str(number)) for number in range(1050)}
    for start in range(0, 1050, 50):
        batch = sorted(keys)[start : start + 50]
        await asyncio.gather(*(store.put(key, "") for key in batch))

    assert {found.object_key async for found in store.list("transcripts")} == keys
    assert [found async for found in store.list("transcript")] == []


async def test_a_content_over_the_limit_is_refused_unsent(s3: S3Engine) -> None:
    store = ObjectStore(store_config(s3, plain_bytes_max=1000))

    with pytest.raises(ObjectTooLarge):
        await store.put(key_of("x" * 1001), "x" * 1001)
    with pytest.raises(ObjectTooLarge):
        await store.put_stream("transcripts", "row", in_pieces(2, 600))

    assert [found async for found in store.list("transcripts")] == []


async def test_a_content_of_exactly_the_limit_comes_back(s3: S3Engine) -> None:
    """Though what does not compress is longer when stored."""
    store = ObjectStore(store_config(s3, plain_bytes_max=10))

    key = await store.put_text("transcripts", "row", "0123456789")

    assert (await store.head(key)).stored_bytes > 10
    assert await store.get_text(key) == "0123456789"


async def test_transcripts_go_by_their_own_names(store: ObjectStore) -> None:
    transcripts = Transcripts(store)
    elsewhere = await store.put_text("elsewhere", "session", "content")

    key = await transcripts.upload_transcript("session", "content")
    streamed = await transcripts.upload_transcript_stream("session", in_pieces(2, 1000))

    assert key == key_of("content", "session")
    assert await transcripts.get_transcript(key) == "content"
    pieces = [piece async for piece in transcripts.open_transcript(streamed)]
    assert hashlib.sha256(b"".join(pieces)).hexdigest() == streamed[-64:]
    with pytest.raises(InvalidKey):
        await transcripts.get_transcript(elsewhere)
    with pytest.raises(InvalidKey):
        transcripts.open_transcript(elsewhere)
