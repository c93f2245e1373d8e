"""Helpers of the tests of the object store."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

from crossfade.mapping.object_keys import object_key
from crossfade.s3 import Config, Encryption, Keys
from support.engines.values import S3Engine

MIB = 1024**2


def store_config(engine: S3Engine, **changes: Any) -> Config:
    """Return the configuration of a test's bucket, with some fields changed."""
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


def key_of(content: str, row_id: str | tuple[str, ...] = "row") -> str:
    """Return the object key of a content under the prefix of transcripts."""
    return object_key("transcripts", row_id, hashlib.sha256(content.encode()).hexdigest())


async def in_pieces(count: int, piece_bytes: int = MIB) -> AsyncIterator[bytes]:
    """Yield text that is new in every piece and compresses to half."""
    for number in range(count):
        yield hashlib.shake_256(b"%d" % number).hexdigest(piece_bytes // 2).encode()
