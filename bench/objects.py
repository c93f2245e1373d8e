"""Large objects to and from S3, with a null server: CPU of this process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import boto3
import obstore
import zstandard
from botocore.config import Config as BotoConfig
from obstore.store import S3Store

from bench.core import Options, Row, Variant, interleaved
from bench.objects_null import null_server
from crossfade.mapping.object_keys import object_key
from crossfade.s3 import Config, Encryption, Keys, ObjectStore

NAME = "objects"
IN_FLIGHT = 8
SIZES = {"50 KB": (50_000, 400), "500 KB": (500_000, 60)}
BUCKET = "bench"
KEYS = Keys("bench", "bench-secret")

Call = Callable[[], Awaitable[object]]


async def run(options: Options) -> list[Row]:
    """Measure puts and gets of both sizes with several calls in flight."""
    rows: list[Row] = []
    async with null_server() as port:
        endpoint = f"http://127.0.0.1:{port}"
        for size, (characters, operations) in SIZES.items():
            content = transcript(characters)
            with ThreadPoolExecutor(IN_FLIGHT) as threads:
                client = _boto(endpoint)
                puts = _puts(endpoint, client, threads, content)
                gets = _gets(endpoint, client, threads, content)
                count = options.operations(operations)
                rows += await _measured(
                    f"S3 put {size}, {IN_FLIGHT} in flight", puts, options, count
                )
                rows += await _measured(
                    f"S3 get {size}, {IN_FLIGHT} in flight", gets, options, count
                )
    return rows


def transcript(characters: int) -> str:
    """Return text that compresses like a transcript: about 2.6 times."""
    words = [hashlib.sha256(b"%d" % number).hexdigest()[: 2 + number % 7] for number in range(1500)]
    picks = hashlib.shake_256(b"transcript").digest(characters)
    pairs = zip(picks[::2], picks[1::2], strict=False)
    return " ".join(words[(high << 8 | low) % len(words)] for high, low in pairs)[:characters]


def _puts(
    endpoint: str, client: Any, threads: ThreadPoolExecutor, content: str
) -> dict[str, Variant]:
    store, bucket = _ours(endpoint), _raw(endpoint)
    digest = hashlib.sha256(content.encode()).hexdigest()
    key = object_key("transcripts", "ours", digest)

    def boto_plain() -> None:
        client.put_object(Bucket=BUCKET, Key="boto3", Body=content.encode())

    def boto_same() -> None:
        plain = content.encode()
        client.put_object(
            Bucket=BUCKET,
            Key=f"boto3-zstd-{hashlib.sha256(plain).hexdigest()}",
            Body=zstandard.compress(plain),
            ContentEncoding="zstd",
            IfNoneMatch="*",
        )

    async def raw() -> None:
        await obstore.put_async(bucket, "raw", content.encode(), mode="create")

    return {
        "crossfade (sha256, zstd, conditional)": _in_flight(lambda: store.put(key, content)),
        "obstore, neither compressed nor checked": _in_flight(raw),
        "boto3, neither compressed nor checked": _in_flight(
            partial(_threaded, threads, boto_plain)
        ),
        "boto3, same work as crossfade": _in_flight(partial(_threaded, threads, boto_same)),
    }


def _gets(
    endpoint: str, client: Any, threads: ThreadPoolExecutor, content: str
) -> dict[str, Variant]:
    """Return the variants that read what the put variants wrote."""
    store, bucket = _ours(endpoint), _raw(endpoint)
    digest = hashlib.sha256(content.encode()).hexdigest()
    key = object_key("transcripts", "ours", digest)

    def boto_plain() -> str:
        body: bytes = client.get_object(Bucket=BUCKET, Key="boto3")["Body"].read()
        return body.decode()

    def boto_same() -> str:
        answer = client.get_object(Bucket=BUCKET, Key=f"boto3-zstd-{digest}")
        plain = zstandard.decompress(answer["Body"].read())
        assert hashlib.sha256(plain).hexdigest() == digest
        return plain.decode()

    async def raw() -> str:
        answer = await obstore.get_async(bucket, "raw")
        return bytes(await answer.bytes_async()).decode()

    return {
        "crossfade (zstd, sha256 verified)": _in_flight(lambda: store.get_text(key)),
        "obstore, neither compressed nor checked": _in_flight(raw),
        "boto3, neither compressed nor checked": _in_flight(
            partial(_threaded, threads, boto_plain)
        ),
        "boto3, same work as crossfade": _in_flight(partial(_threaded, threads, boto_same)),
    }


def _in_flight(call: Call) -> Variant:
    async def variant(operations: int) -> None:
        turns = iter(range(operations))

        async def worker() -> None:
            for _ in turns:
                await call()

        await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))

    return variant


async def _threaded(threads: ThreadPoolExecutor, call: Callable[[], object]) -> object:
    return await asyncio.get_running_loop().run_in_executor(threads, call)


async def _measured(
    group: str, variants: dict[str, Variant], options: Options, operations: int
) -> list[Row]:
    costs = await interleaved(variants, options, operations)
    ours = next(iter(costs.values())).cpu_us
    return [
        Row(
            group,
            name,
            {
                "cpu µs/op": cost.cpu_us,
                "wall µs/op": cost.wall_us,
                "cpu ÷ ours": cost.cpu_us / ours,
            },
        )
        for name, cost in costs.items()
    ]


def _ours(endpoint: str) -> ObjectStore:
    return ObjectStore(
        Config(BUCKET, endpoint=endpoint, allow_http=True, keys=KEYS, encryption=Encryption.NONE)
    )


def _raw(endpoint: str) -> S3Store:
    return S3Store(
        BUCKET,
        endpoint=endpoint,
        region="us-east-1",
        access_key_id=KEYS.access_key_id,
        secret_access_key=KEYS.secret_access_key,
        client_options={"allow_http": True, "timeout": timedelta(seconds=60)},
    )


def _boto(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS.access_key_id,
        aws_secret_access_key=KEYS.secret_access_key,
        config=BotoConfig(max_pool_connections=IN_FLIGHT, s3={"addressing_style": "path"}),
    )
