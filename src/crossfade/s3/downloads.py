"""Reading a large object, going on where a broken connection left off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

import obstore
from obstore.store import S3Store

from crossfade.errors import CrossfadeError
from crossfade.s3.errors import is_passing
from crossfade.s3.retries import RetryPolicy, bounded, next_of, pause_seconds, persist

PIECE_BYTES = 64 * 1024


async def stored_pieces(
    bucket: S3Store, object_key: str, patience: RetryPolicy
) -> AsyncGenerator[bytes, None]:
    """Return an object's bytes in pieces; as objects never change, a new request can continue.

    Each read has the deadline of one attempt. Only failures without progress between them are
    counted, so a bad connection that still delivers is not given up.
    """
    received_bytes = 0
    failures = 0
    while True:
        reopen = partial(_open, bucket, object_key, received_bytes)
        pieces = (await persist("get", reopen, patience)).stream(min_chunk_size=PIECE_BYTES)
        try:
            while piece := await bounded("get", next_of(pieces), patience.attempt_timeout_seconds):
                received_bytes += len(piece)
                failures = 0
                yield piece
        except CrossfadeError as failure:
            failures += 1
            if failures >= patience.attempts_max or not is_passing(failure):
                raise
            await asyncio.sleep(pause_seconds(failures, patience))
        else:
            return


async def _open(bucket: S3Store, object_key: str, offset: int) -> obstore.GetResult:
    if offset == 0:
        return await obstore.get_async(bucket, object_key)
    return await obstore.get_async(bucket, object_key, options={"range": {"offset": offset}})
