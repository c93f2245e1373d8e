"""Streaming a large object; a broken connection is resumed at the byte it stopped at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

import obstore
from obstore.store import S3Store

from crossfade.errors import CrossfadeError
from crossfade.s3.errors import is_transient
from crossfade.s3.retries import RetryPolicy, next_of, pause_seconds, retry, with_timeout

PIECE_BYTES = 64 * 1024


async def stored_pieces(
    bucket: S3Store, object_key: str, policy: RetryPolicy
) -> AsyncGenerator[bytes, None]:
    """Yield an object's bytes as they are stored, in pieces of about `PIECE_BYTES`.

    Each read has the deadline of one attempt. After a transient failure a new request continues at
    the same byte, which is safe because objects never change. The number of failures starts again
    at 0 with each piece received.

    Args:
        bucket: the client of the bucket.
        object_key: the object's key.
        policy: the deadlines, and the number of failures without a piece between them.

    Raises:
        MissingObject: the object does not exist.
        Unavailable: S3 cannot serve it now.
    """
    received_bytes = 0
    failures = 0
    while True:
        reopen = partial(_open, bucket, object_key, received_bytes)
        pieces = (await retry("get", reopen, policy)).stream(min_chunk_size=PIECE_BYTES)
        try:
            while piece := await with_timeout(
                "get", next_of(pieces), policy.attempt_timeout_seconds
            ):
                received_bytes += len(piece)
                failures = 0
                yield piece
        except CrossfadeError as failure:
            failures += 1
            if failures >= policy.attempts_max or not is_transient(failure):
                raise
            await asyncio.sleep(pause_seconds(failures, policy))
        else:
            return


async def _open(bucket: S3Store, object_key: str, offset: int) -> obstore.GetResult:
    if offset == 0:
        return await obstore.get_async(bucket, object_key)
    return await obstore.get_async(bucket, object_key, options={"range": {"offset": offset}})
