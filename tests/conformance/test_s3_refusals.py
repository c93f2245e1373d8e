"""What the object store refuses, and what it calls it, on every S3 implementation."""

from __future__ import annotations

import hashlib

import pytest
import zstandard

from crossfade.errors import (
    AccessDenied,
    DamagedObject,
    InvalidKey,
    NoSuchStore,
    Unreachable,
)
from crossfade.local import free_port
from crossfade.s3 import Config, Keys, ObjectStore
from support.engines.clients import boto_client
from support.engines.objects import MIB, in_pieces, key_of, store_config
from support.engines.values import S3Engine

NOTHING = hashlib.sha256(b"").hexdigest()


async def test_wrong_credentials_differ_from_missing_objects(s3: S3Engine) -> None:
    if s3.name == "ministack":
        pytest.skip("ministack does not check signatures")
    for keys in (Keys(s3.access_key, "wrong"), Keys("nobody", "wrong")):
        store = ObjectStore(store_config(s3, keys=keys))
        with pytest.raises(AccessDenied):
            await store.put_text("transcripts", "row", "content")
        with pytest.raises(AccessDenied):
            await store.get_text(key_of("content"))
        with pytest.raises(AccessDenied):
            await store.exists(key_of("content"))
        with pytest.raises(AccessDenied):
            await anext(store.list("transcripts"))


async def test_a_missing_bucket_differs_from_a_missing_object(s3: S3Engine) -> None:
    store = ObjectStore(store_config(s3, bucket=f"{s3.bucket}-none"))

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
    store = ObjectStore(store_config(s3, endpoint=f"http://127.0.0.1:{free_port()}"))

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
    store = ObjectStore(store_config(s3, plain_bytes_max=MIB))
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
    client = boto_client(s3)
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
    store = ObjectStore(store_config(s3))

    key = await store.put_text("transcripts", "row", "content")

    assert await store.get_text(key) == "content"
