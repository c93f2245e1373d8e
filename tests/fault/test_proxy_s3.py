"""The HTTP proxy before real S3 implementations; SeaweedFS checks that signatures stay valid."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ResponseStreamingError

from crossfade.testing import (
    CorruptBody,
    HttpProxy,
    LoseAnswer,
    Rule,
    ServerError,
    Throttle,
    Truncate,
)
from support.engines.clients import boto_client
from support.engines.values import S3Engine


@dataclass(frozen=True, slots=True)
class Site:
    """A bucket, a proxy before it, and AWS's client on either side of the proxy."""

    bucket: str
    proxy: HttpProxy
    near: Any
    far: Any

    async def put(self, key: str, body: bytes = b"body") -> None:
        """Write one object through the proxy."""
        await asyncio.to_thread(self.far.put_object, Bucket=self.bucket, Key=key, Body=body)

    async def get(self, key: str) -> bytes:
        """Read one object through the proxy."""
        answer = await asyncio.to_thread(self.far.get_object, Bucket=self.bucket, Key=key)
        content = await asyncio.to_thread(answer["Body"].read)
        assert isinstance(content, bytes)
        return content

    def keys(self) -> set[str]:
        """Return the keys in the bucket, read without the proxy."""
        found = self.near.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {entry["Key"] for entry in found}


@pytest.fixture
async def site(s3: S3Engine) -> AsyncIterator[Site]:
    async with HttpProxy(s3.endpoint) as proxy:
        near, far = boto_client(s3), boto_client(s3, proxy.endpoint)
        yield Site(s3.bucket, proxy, near, far)
        near.close()
        far.close()


async def test_signed_requests_pass(site: Site) -> None:
    await site.put("a/ b+c/ü", b"x" * 300_000)
    assert await site.get("a/ b+c/ü") == b"x" * 300_000
    assert site.proxy.record.forwarded("PutObject", status=200) == 1
    assert site.proxy.record.forwarded("GetObject", status=200) == 1


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        ("head_bucket", "HeadBucket"),
        ("list_objects_v2", "ListObjectsV2"),
        ("delete_bucket", "DeleteBucket"),
    ],
)
async def test_operations_on_a_bucket_are_distinguished(
    site: Site, call: str, operation: str
) -> None:
    await asyncio.to_thread(getattr(site.far, call), Bucket=site.bucket)
    assert site.proxy.record.arrived(operation) == 1


async def test_operations_on_an_object_are_distinguished(site: Site) -> None:
    at = {"Bucket": site.bucket, "Key": "a"}
    upload = await asyncio.to_thread(site.far.create_multipart_upload, **at)
    part = {**at, "UploadId": upload["UploadId"]}
    await asyncio.to_thread(site.far.upload_part, **part, PartNumber=1, Body=b"x")
    await asyncio.to_thread(site.far.abort_multipart_upload, **part)
    await site.put("a")
    await asyncio.to_thread(site.far.head_object, **at)
    await asyncio.to_thread(site.far.delete_object, **at)
    assert [event.request.operation for event in site.proxy.record.events[::2]] == [
        "CreateMultipartUpload",
        "UploadPart",
        "AbortMultipartUpload",
        "PutObject",
        "HeadObject",
        "DeleteObject",
    ]


async def test_throttling_is_slow_down(site: Site) -> None:
    site.proxy.add(Rule(Throttle(), method="PUT", path=f"/{site.bucket}/bodies/*"))
    with pytest.raises(ClientError, match="SlowDown") as caught:
        await site.put("bodies/1")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    await site.put("others/1")
    assert site.keys() == {"others/1"}


async def test_a_server_error_is_answered_to_a_head_without_a_body(site: Site) -> None:
    site.proxy.add(Rule(ServerError(), operation="HeadObject"))
    with pytest.raises(ClientError, match="500"):
        await asyncio.to_thread(site.far.head_object, Bucket=site.bucket, Key="a")
    await site.put("a")


async def test_a_lost_answer_is_an_object_that_exists(site: Site) -> None:
    site.proxy.add(Rule(LoseAnswer(cut=True), operation="PutObject"))
    with pytest.raises(ConnectionClosedError):
        await site.put("a")
    assert site.keys() == {"a"}


async def test_a_corrupt_object_differs_in_one_bit(site: Site) -> None:
    await site.put("a", b"x" * 1_000)
    site.proxy.add(Rule(CorruptBody(), operation="GetObject"))
    content = await site.get("a")
    assert len(content) == 1_000
    assert content.replace(b"x", b"") == b"y"


async def test_a_truncated_object_ends_early(site: Site) -> None:
    await site.put("a", b"x" * 1_000)
    site.proxy.add(Rule(Truncate(100), operation="GetObject"))
    with pytest.raises(ResponseStreamingError):
        await site.get("a")
