"""Storing and reading large contents, on every S3 implementation."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sysconfig
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
import zstandard

from crossfade.errors import (
    AccessDenied,
    DamagedObject,
    DigestMismatch,
    InvalidKey,
    MissingObject,
    NoSuchStore,
    ObjectTooLarge,
    Unmappable,
    Unreachable,
)
from crossfade.local import free_port
from crossfade.mapping.objects import object_key
from crossfade.ports import Objects
from crossfade.s3 import Config, Encryption, Keys, ObjectStore, Transcripts
from crossfade.testing import Arrived, HttpProxy
from engines.values import S3Engine

MIB = 1024**2
NOTHING = hashlib.sha256(b"").hexdigest()

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


def config_of(engine: S3Engine, **changes: Any) -> Config:
    values: dict[str, Any] = {
        "bucket": engine.bucket,
        "region": engine.region,
        "endpoint": engine.endpoint,
        "allow_http": True,
        "keys": Keys(engine.access_key, engine.secret_key),
        "encryption": Encryption.NONE,
        "backoff_seconds": 0.01,
    }
    return Config(**{**values, **changes})


def independent_client(engine: S3Engine) -> Any:
    """AWS's own client, which shares no code with the store."""
    return boto3.client(
        "s3",
        endpoint_url=engine.endpoint,
        region_name=engine.region,
        aws_access_key_id=engine.access_key,
        aws_secret_access_key=engine.secret_key,
    )


def key_of(content: str, row_id: str | tuple[str, ...] = "row") -> str:
    return object_key("transcripts", row_id, hashlib.sha256(content.encode()).hexdigest())


async def in_pieces(count: int, piece_bytes: int = MIB) -> AsyncIterator[bytes]:
    """Text that is new in every piece and compresses to half."""
    for number in range(count):
        yield hashlib.shake_256(b"%d" % number).hexdigest(piece_bytes // 2).encode()


@pytest.fixture
def store(s3: S3Engine) -> ObjectStore:
    return ObjectStore(config_of(s3))


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
    store = ObjectStore(config_of(s3, attempt_timeout_seconds=2, attempts_max=10))
    client = independent_client(s3)
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
    """Erasing one row's objects leaves an equal content of another row alone."""
    keys = {await store.put_text("transcripts", row_id, "same") for row_id in ("1", "11", "1,1")}

    assert len(keys) == 3
    found = {listed.object_key async for listed in store.list("transcripts", "1")}
    assert found == {key_of("same", "1")}


async def test_a_content_under_another_contents_key_is_refused_unsent(store: ObjectStore) -> None:
    with pytest.raises(DigestMismatch, match="not the content's"):
        await store.put(key_of("content"), "another content")

    assert not await store.exists(key_of("content"))


async def test_what_no_object_stands_under_is_missing(store: ObjectStore) -> None:
    key = key_of("never stored")

    assert not await store.exists(key)
    with pytest.raises(MissingObject):
        await store.get_text(key)
    with pytest.raises(MissingObject):
        await store.head(key)
    with pytest.raises(MissingObject):
        await anext(store.open_stream(key))
    assert [found async for found in store.list("transcripts")] == []


async def test_an_object_tells_its_sizes_and_digest(store: ObjectStore) -> None:
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


async def test_an_independent_reader_can_read_an_object(s3: S3Engine, store: ObjectStore) -> None:
    content = "Für alle lesbar 🎲 " * 1000
    key = await store.put_text("transcripts", "row", content)

    answer = independent_client(s3).get_object(Bucket=s3.bucket, Key=key)

    assert answer["ContentEncoding"] == "zstd"
    assert answer["ContentType"] == "text/plain; charset=utf-8"
    assert answer["Metadata"] == {
        "plain-sha256": hashlib.sha256(content.encode()).hexdigest(),
        "plain-bytes": str(len(content.encode())),
    }
    assert zstandard.decompress(answer["Body"].read()).decode() == content


def test_a_reader_in_another_language_needs_three_lines(s3: S3Engine) -> None:
    """Node's own zstd and sha256, as docs/objects.md shows them."""
    content = "Für alle lesbar 🎲 " * 1000
    key = asyncio.run(ObjectStore(config_of(s3)).put_text("transcripts", "row", content))
    body = independent_client(s3).get_object(Bucket=s3.bucket, Key=key)["Body"].read()
    script = """
        const plain = require("node:zlib").zstdDecompressSync(require("fs").readFileSync(0));
        console.log(require("crypto").createHash("sha256").update(plain).digest("hex"));
    """

    node = Path(sysconfig.get_path("scripts")) / "node"
    read = subprocess.run([node, "-e", script], input=body, capture_output=True, check=True)

    assert read.stdout.decode().strip() == key[-64:]


async def test_an_object_carries_a_checksum(s3: S3Engine, store: ObjectStore) -> None:
    key = await store.put_text("transcripts", "row", "content")

    head = independent_client(s3).head_object(Bucket=s3.bucket, Key=key, ChecksumMode="ENABLED")

    assert head["ChecksumSHA256"]


async def test_encryption_is_asked_for(s3: S3Engine) -> None:
    store = ObjectStore(config_of(s3, encryption=Encryption.AES256))
    key = await store.put_text("transcripts", "row", "content")

    head = independent_client(s3).head_object(Bucket=s3.bucket, Key=key)

    assert head["ServerSideEncryption"] == "AES256"
    assert await store.get_text(key) == "content"


async def test_a_kms_key_is_asked_for(s3: S3Engine) -> None:
    if s3.name == "seaweedfs":
        pytest.skip("SeaweedFS answers aws:kms with an error of its own")
    config = config_of(s3, encryption=Encryption.KMS, kms_key_id="alias/transcripts")
    async with HttpProxy(s3.endpoint) as proxy:
        store = ObjectStore(replace(config, endpoint=proxy.endpoint))
        key = await store.put_text("transcripts", "row", "content")
        [put] = [event.request for event in proxy.record.events if isinstance(event, Arrived)]

    assert put.message.header("x-amz-server-side-encryption") == "aws:kms"
    assert put.message.header("x-amz-server-side-encryption-aws-kms-key-id") == "alias/transcripts"
    assert await ObjectStore(config).get_text(key) == "content"


async def test_a_content_over_the_limit_is_refused_unsent(s3: S3Engine) -> None:
    store = ObjectStore(config_of(s3, plain_bytes_max=1000))

    with pytest.raises(ObjectTooLarge):
        await store.put(key_of("x" * 1001), "x" * 1001)
    with pytest.raises(ObjectTooLarge):
        await store.put_stream("transcripts", "row", in_pieces(2, 600))

    assert [found async for found in store.list("transcripts")] == []


async def test_a_content_of_exactly_the_limit_comes_back(s3: S3Engine) -> None:
    """Though what does not compress is longer when stored."""
    store = ObjectStore(config_of(s3, plain_bytes_max=10))

    key = await store.put_text("transcripts", "row", "0123456789")

    assert (await store.head(key)).stored_bytes > 10
    assert await store.get_text(key) == "0123456789"


async def test_wrong_credentials_are_told_from_missing_objects(s3: S3Engine) -> None:
    if s3.name == "ministack":
        pytest.skip("ministack does not check signatures")
    for keys in (Keys(s3.access_key, "wrong"), Keys("nobody", "wrong")):
        store = ObjectStore(config_of(s3, keys=keys))
        with pytest.raises(AccessDenied):
            await store.put_text("transcripts", "row", "content")
        with pytest.raises(AccessDenied):
            await store.get_text(key_of("content"))
        with pytest.raises(AccessDenied):
            await store.exists(key_of("content"))
        with pytest.raises(AccessDenied):
            await anext(store.list("transcripts"))


async def test_a_missing_bucket_is_told_from_a_missing_object(s3: S3Engine) -> None:
    store = ObjectStore(config_of(s3, bucket=f"{s3.bucket}-none"))

    with pytest.raises(NoSuchStore, match="bucket create"):
        await store.get_text(key_of("content"))
    with pytest.raises(NoSuchStore):
        await store.exists(key_of("content"))
    with pytest.raises(NoSuchStore):
        await anext(store.list("transcripts"))
    if s3.name == "seaweedfs":
        pytest.skip("SeaweedFS makes a missing bucket when an object is put into it")
    with pytest.raises(NoSuchStore):
        await store.put(key_of("content"), "content")


async def test_a_dead_store_is_unreachable(s3: S3Engine) -> None:
    store = ObjectStore(config_of(s3, endpoint=f"http://127.0.0.1:{free_port()}"))

    with pytest.raises(Unreachable):
        await store.put(key_of("content"), "content")
    with pytest.raises(Unreachable):
        await store.get_text(key_of("content"))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "../secrets",
        f"transcripts/../{NOTHING}",
        f"transcripts/%2e%2e/{NOTHING}",
        f"transcripts/a/b/../../{NOTHING}",
        f"/transcripts/row/{NOTHING}",
        f"transcripts/row/{NOTHING}/",
        f"transcripts//{NOTHING}",
        f"transcripts/row/{NOTHING.upper()}",
        f"transcripts/row/{NOTHING[:-1]}",
        f"transcripts/row/{NOTHING}\n",
        f"elsewhere/row/{NOTHING}",
        "http://127.0.0.1/x",
    ],
)
async def test_a_malformed_or_foreign_key_is_refused_before_any_request(key: str) -> None:
    """Nothing listens at the endpoint: a request would show as another error."""
    store = ObjectStore(
        Config(
            "bucket",
            endpoint=f"http://127.0.0.1:{free_port()}",
            allow_http=True,
            keys=Keys("id", "secret"),
            prefixes=frozenset({"transcripts"}),
        )
    )
    with pytest.raises(InvalidKey):
        await store.get_text(key)
    with pytest.raises(InvalidKey):
        await store.put(key, "")
    with pytest.raises(InvalidKey):
        await store.exists(key)
    with pytest.raises(InvalidKey):
        await store.head(key)
    with pytest.raises(InvalidKey):
        store.open_stream(key)


@pytest.mark.parametrize("accepted", [{"transcripts"}, set()])
async def test_a_foreign_prefix_is_refused_before_any_request(accepted: set[str]) -> None:
    """A store that accepts every prefix still accepts no malformed one."""
    store = ObjectStore(Config("bucket", keys=Keys("id", "secret"), prefixes=frozenset(accepted)))
    for prefix in ("transcripts/..", "", "/", "with space", *(["elsewhere"] if accepted else [])):
        with pytest.raises(InvalidKey):
            await store.put_text(prefix, "row", "content")
        with pytest.raises(InvalidKey):
            await store.put_stream(prefix, "row", in_pieces(1))
        with pytest.raises(InvalidKey):
            await anext(store.list(prefix))


async def test_a_planted_object_is_damaged_whichever_way_it_is_read(s3: S3Engine) -> None:
    store = ObjectStore(config_of(s3, plain_bytes_max=MIB))
    content = "genuine" * 1000
    frame = zstandard.compress(content.encode())
    planted = {
        "another content": zstandard.compress(b"forged"),
        "truncated": frame[:-3],
        "longer": frame + b"x",
        "plain": content.encode(),
        "empty": b"",
        "bomb": zstandard.compress(b"\0" * 64 * MIB),
        "huge": b"\0" * (MIB + 1),
    }
    client = independent_client(s3)
    for row_id, body in planted.items():
        key = key_of(content, row_id)
        client.put_object(Bucket=s3.bucket, Key=key, Body=body, ContentEncoding="zstd")

        with pytest.raises(DamagedObject) as raised:
            await store.get_text(key)
        assert "forged" not in str(raised.value)
        with pytest.raises(DamagedObject):
            [piece async for piece in store.open_stream(key)]
        with pytest.raises(DamagedObject):
            await store.head(key)
        assert await store.exists(key)


async def test_a_genuine_object_without_metadata_is_readable(
    s3: S3Engine, store: ObjectStore
) -> None:
    """What counts is the content: another writer's object is as good as ours."""
    client = independent_client(s3)
    body = zstandard.compress(b"content")
    client.put_object(Bucket=s3.bucket, Key=key_of("content"), Body=body)

    assert await store.get_text(key_of("content")) == "content"


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


async def test_stray_variables_of_the_environment_change_nothing(
    s3: S3Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client library would read them; the configuration alone decides."""
    for variable, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_BUCKET": "elsewhere",
        "AWS_REGION": "elsewhere",
        "AWS_ACCESS_KEY_ID": "stranger",
        "AWS_SECRET_ACCESS_KEY": "stranger",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_UNSIGNED_PAYLOAD": "true",
        "AWS_S3_EXPRESS": "true",
        "AWS_REQUEST_PAYER": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
        "AWS_CHECKSUM_ALGORITHM": "CRC64NVME",
    }.items():
        monkeypatch.setenv(variable, value)
    store = ObjectStore(config_of(s3))

    key = await store.put_text("transcripts", "row", "content")

    assert await store.get_text(key) == "content"
