"""The objects in the bucket, seen by readers that share no code with the store."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from crossfade.s3 import Encryption, ObjectStore
from crossfade.testing import Arrived, HttpProxy
from support.engines.clients import boto_client
from support.engines.objects import key_of, store_config
from support.engines.values import S3Engine


@pytest.fixture
def store(s3: S3Engine) -> ObjectStore:
    return ObjectStore(store_config(s3))


async def test_an_independent_reader_can_read_an_object(s3: S3Engine, store: ObjectStore) -> None:
    content = "Für alle lesbar 🎲 " * 1000
    key = await store.put_text("transcripts", "row", content)

    answer = boto_client(s3).get_object(Bucket=s3.bucket, Key=key)

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
    key = asyncio.run(ObjectStore(store_config(s3)).put_text("transcripts", "row", content))
    body = boto_client(s3).get_object(Bucket=s3.bucket, Key=key)["Body"].read()
    script = """
        const plain = require("node:zlib").zstdDecompressSync(require("fs").readFileSync(0));
        console.log(require("crypto").createHash("sha256").update(plain).digest("hex"));
    """

    node = Path(sysconfig.get_path("scripts")) / "node"
    read = subprocess.run([node, "-e", script], input=body, capture_output=True, check=True)

    assert read.stdout.decode().strip() == key[-64:]


async def test_an_object_carries_a_checksum(s3: S3Engine, store: ObjectStore) -> None:
    key = await store.put_text("transcripts", "row", "content")

    head = boto_client(s3).head_object(Bucket=s3.bucket, Key=key, ChecksumMode="ENABLED")

    assert head["ChecksumSHA256"]


async def test_encryption_is_asked_for(s3: S3Engine) -> None:
    store = ObjectStore(store_config(s3, encryption=Encryption.AES256))
    key = await store.put_text("transcripts", "row", "content")

    head = boto_client(s3).head_object(Bucket=s3.bucket, Key=key)

    assert head["ServerSideEncryption"] == "AES256"
    assert await store.get_text(key) == "content"


async def test_a_kms_key_is_asked_for(s3: S3Engine) -> None:
    if s3.name == "seaweedfs":
        pytest.skip("SeaweedFS answers aws:kms with an error of its own")
    config = store_config(s3, encryption=Encryption.KMS, kms_key_id="alias/transcripts")
    async with HttpProxy(s3.endpoint) as proxy:
        store = ObjectStore(replace(config, endpoint=proxy.endpoint))
        key = await store.put_text("transcripts", "row", "content")
        [put] = [event.request for event in proxy.record.events if isinstance(event, Arrived)]

    assert put.message.header("x-amz-server-side-encryption") == "aws:kms"
    assert put.message.header("x-amz-server-side-encryption-aws-kms-key-id") == "alias/transcripts"
    assert await ObjectStore(config).get_text(key) == "content"


async def test_a_genuine_object_without_metadata_is_readable(
    s3: S3Engine, store: ObjectStore
) -> None:
    """What counts is the content: another writer's object is as good as ours."""
    client = boto_client(s3)
    body = zstandard.compress(b"content")
    client.put_object(Bucket=s3.bucket, Key=key_of("content"), Body=body)

    assert await store.get_text(key_of("content")) == "content"
