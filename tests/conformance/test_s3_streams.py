"""Large contents in pieces, on every S3 implementation."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

import psutil
import pytest

from crossfade.s3 import ObjectStore
from support.engines.objects import MIB, in_pieces, key_of, store_config
from support.engines.values import S3Engine


@pytest.fixture
def store(s3: S3Engine) -> ObjectStore:
    return ObjectStore(store_config(s3))


async def test_pieces_are_stored_as_one_content(store: ObjectStore) -> None:
    key = await store.put_stream("transcripts", "row", in_pieces(30, 1000))

    content = b"".join([piece async for piece in in_pieces(30, 1000)]).decode()
    assert key == key_of(content)
    assert await store.get_text(key) == content
    assert (await store.head(key)).plain_bytes == len(content)
    assert await store.put_stream("transcripts", "row", in_pieces(30, 1000)) == key
    await store.put(key, content)


async def test_a_stream_without_pieces_is_the_empty_content(store: ObjectStore) -> None:
    key = await store.put_stream("transcripts", "row", in_pieces(0))

    assert key == key_of("")
    assert b"".join([piece async for piece in store.open_stream(key)]) == b""


async def test_a_stream_that_breaks_off_stores_nothing(store: ObjectStore) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"half a con"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put_stream("transcripts", "row", breaking())

    assert [found async for found in store.list("transcripts")] == []


async def test_a_hundred_megabytes_stream_through_bounded_memory(store: ObjectStore) -> None:
    """Of 100 MB, 50 MB when compressed, less than 40 MB are ever in memory, Rust's included."""
    process = psutil.Process()

    def own_bytes() -> int:
        memory = process.memory_info()
        return int(memory.rss - memory.shared)  # without pages that the temporary file backs

    peak_bytes = 0

    async def watch() -> None:
        nonlocal peak_bytes
        while True:
            peak_bytes = max(peak_bytes, own_bytes())
            await asyncio.sleep(0.005)

    before = own_bytes()
    watcher = asyncio.create_task(watch())
    key = await store.put_stream("transcripts", "row", in_pieces(100))
    digest = hashlib.sha256()
    async for piece in store.open_stream(key):
        digest.update(piece)
    watcher.cancel()

    assert digest.hexdigest() == key[-64:]
    assert (await store.head(key)).plain_bytes == 100 * MIB
    assert peak_bytes - before < 40 * MIB


async def test_a_stream_that_is_left_early_frees_its_connection(store: ObjectStore) -> None:
    key = await store.put_stream("transcripts", "row", in_pieces(8))

    for _ in range(50):
        pieces = store.open_stream(key)
        assert await anext(pieces)
        await pieces.aclose()

    connections = psutil.Process().net_connections()
    assert len([one for one in connections if one.status == "ESTABLISHED"]) < 25
