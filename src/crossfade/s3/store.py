"""Content-addressed storage of large contents in S3.

An object is written once and never changed: its key ends in the sha256 of its plain content, and
every write is conditional on the key not existing. Only `discard_damaged`, which repair calls, and
`remove`, which the sweep calls, delete objects.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import ParamSpec, TypeVar

import obstore

from crossfade.errors import (
    ConditionFailed,
    DamagedObject,
    DigestMismatch,
    InvalidKey,
    MissingObject,
    OversizedObject,
)
from crossfade.mapping.object_keys import (
    ObjectKey,
    is_prefix,
    object_key,
    parse_object_key,
    row_component,
)
from crossfade.s3.client import open_bucket
from crossfade.s3.compression import Packed, Spool, Unpacker, pack, stored_bytes_max, unpack
from crossfade.s3.config import Config
from crossfade.s3.credentials import CredentialProvider
from crossfade.s3.downloads import stored_pieces
from crossfade.s3.retries import RetryPolicy, next_of, retry, with_timeout

# Longer contents are hashed and compressed in a thread, not on the event loop.
INLINE_BYTES_MAX = 256 * 1024
LIST_PAGE_KEYS = 1000

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Head:
    """An object's metadata.

    Attributes:
        digest: sha256 of the plain content, 64 lower-case hexadecimal digits.
        plain_bytes: length of the plain content in bytes.
        stored_bytes: length of the object in bytes.
    """

    digest: str
    plain_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An object of a listing.

    Attributes:
        object_key: the object's key.
        stored_bytes: its length in bytes.
        last_modified: when it was written, UTC.
    """

    object_key: str
    stored_bytes: int
    last_modified: datetime


class ObjectStore:
    """Immutable, content-addressed objects in one bucket.

    Every method raises a subclass of `crossfade.errors.Unavailable` if S3 cannot serve it within
    the deadline, and `crossfade.errors.InvalidKey`, before anything is sent, if a key or prefix is
    malformed or not one of `Config.prefixes`.

    Args:
        config: bucket, endpoint, credentials and limits.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        credentials = CredentialProvider(config.keys)
        self._bucket = open_bucket(config, credentials)
        self._listing = open_bucket(config, credentials, retries_max=config.attempts_max - 1)
        self._policy = RetryPolicy(
            config.timeout_seconds,
            config.attempt_timeout_seconds,
            config.attempts_max,
            config.backoff_seconds,
        )
        self._upload_policy = RetryPolicy(
            config.stream_timeout_seconds,
            config.stream_timeout_seconds,
            config.attempts_max,
            config.backoff_seconds,
        )

    async def put(self, object_key: str, content: str) -> None:
        """Store a text under its key; do nothing if the object exists.

        Args:
            object_key: the key, which ends in the content's digest.
            content: the text.

        Raises:
            DigestMismatch: the key has another digest than the content; nothing is sent.
            Rejected: the content is too large or not valid Unicode.
        """
        key = self._parse(object_key)
        packed = await self._pack(content)
        if packed.digest != key.digest:
            raise DigestMismatch("object key: its digest is not the content's; compute a new key")
        await self._create(object_key, packed, self._policy)

    async def put_text(self, prefix: str, row_id: str | tuple[str, ...], content: str) -> str:
        """Store a text of a row, unless it exists, and return its object key.

        Args:
            prefix: the first part of the key.
            row_id: the row's primary key as text; several texts if it is composite.
            content: the text.

        Raises:
            Rejected: the content is too large or not valid Unicode, or the row's id cannot be part
                of a key.
        """
        self._accept(prefix)
        row_component(row_id)
        packed = await self._pack(content)
        name = object_key(prefix, row_id, packed.digest)
        await self._create(name, packed, self._policy)
        return name

    async def put_stream(
        self, prefix: str, row_id: str | tuple[str, ...], chunks: AsyncIterable[bytes]
    ) -> str:
        """Store a content of a row that arrives in pieces, and return its object key.

        The pieces are compressed into a temporary file, because the key is known only after the
        last one. Memory is bounded for any length of the content.

        Args:
            prefix: the first part of the key.
            row_id: the row's primary key as text; several texts if it is composite.
            chunks: the content's pieces.

        Raises:
            Rejected: the content is too large, or the row's id cannot be part of a key.
        """
        self._accept(prefix)
        row_component(row_id)
        with Spool(self._config.plain_bytes_max) as spool:
            async for chunk in chunks:
                await _off_loop(len(chunk), spool.write, chunk)
            packed = spool.finish()
            name = object_key(prefix, row_id, packed.digest)
            await self._create(name, packed, self._upload_policy)
        return name

    async def get_text(self, object_key: str) -> str:
        """Return the text stored under a key, after its digest was verified.

        Raises:
            MissingObject: no object exists under this key.
            DamagedObject: the object's content has another digest than its key.
        """
        key = self._parse(object_key)
        stored = await retry("get", lambda: self._stored(object_key), self._policy)
        limit = self._config.plain_bytes_max
        return await _off_loop(len(stored), unpack, stored, key.digest, limit)

    def open_stream(self, object_key: str) -> AsyncGenerator[bytes, None]:
        """Return an iterator over the pieces of the content stored under a key.

        The digest can be verified only after the last piece: do not commit anything that was read
        before the iteration has ended without an error.

        Raises:
            MissingObject: no object exists under this key.
            DamagedObject: the object's content has another digest than its key.
        """
        return self._plain_pieces(object_key, self._parse(object_key).digest)

    async def exists(self, object_key: str) -> bool:
        """Return whether an object exists under a key; its content is not verified."""
        self._parse(object_key)
        try:
            await self._first_byte(object_key)
        except MissingObject:
            return False
        except DamagedObject:
            return True
        return True

    async def head(self, object_key: str) -> Head:
        """Return the metadata of the object under a key.

        Raises:
            MissingObject: no object exists under this key.
            DamagedObject: the metadata is missing or contradicts the key.
        """
        key = self._parse(object_key)
        answer = await self._first_byte(object_key)
        digest = answer.attributes.get("plain-sha256")
        plain_bytes = answer.attributes.get("plain-bytes", "")
        if digest != key.digest or not plain_bytes.isdecimal():
            raise DamagedObject("the object's metadata does not match its key; repair its row")
        return Head(digest, int(plain_bytes), answer.meta["size"])

    async def check(self, object_key: str) -> None:
        """Read a whole object and verify its digest, in bounded memory.

        Raises:
            MissingObject: no object exists under this key.
            OversizedObject: its content is longer than `Config.plain_bytes_max`.
            DamagedObject: its content has another digest than its key.
        """
        async for _ in self.open_stream(object_key):
            pass

    async def discard_damaged(self, object_key: str) -> bool:
        """Delete an object if its content has another digest than its key.

        A damaged object blocks the intact one, because nothing is ever overwritten. It is read
        again immediately before; a versioned bucket keeps the deleted version. An object that is
        too large to be read is not deleted.

        Returns:
            Whether the object was deleted.
        """
        try:
            await self.check(object_key)
        except (MissingObject, OversizedObject):
            return False
        except DamagedObject:
            await self.remove(object_key)
            return True
        return False

    async def remove(self, object_key: str) -> None:
        """Delete an object without reading it; do nothing if it does not exist."""
        self._parse(object_key)

        async def attempt() -> None:
            await obstore.delete_async(self._bucket, object_key)

        try:
            await retry("delete", attempt, self._policy)
        except MissingObject:
            return

    async def list(
        self, prefix: str, row_id: str | tuple[str, ...] | None = None
    ) -> AsyncGenerator[Listed, None]:
        """Yield every object under a prefix, or every object of one row, in any order.

        Args:
            prefix: the first part of the keys.
            row_id: the row's primary key; all rows unless given.
        """
        self._accept(prefix)
        path = prefix if row_id is None else f"{prefix}/{row_component(row_id)}"
        pages = aiter(obstore.list(self._listing, path, chunk_size=LIST_PAGE_KEYS))
        while page := await with_timeout("list", next_of(pages), self._config.timeout_seconds):
            for found in page:
                yield Listed(found["path"], found["size"], found["last_modified"])

    async def names(self, prefix: str, after: str, objects_max: int) -> Sequence[str]:
        """Return the keys of objects under a prefix, in ascending order.

        Some may not be keys of this store's form.

        Args:
            prefix: the first part of the keys.
            after: the last key of the call before; "" for the first call.
            objects_max: the highest number of keys to return.
        """
        self._accept(prefix)
        pages = obstore.list(self._listing, prefix, offset=after or None, chunk_size=objects_max)
        page = await with_timeout("list", next_of(aiter(pages)), self._config.timeout_seconds)
        return [found["path"] for found in page or ()]

    def _parse(self, object_key: str) -> ObjectKey:
        return parse_object_key(object_key, self._config.prefixes or None)

    def _accept(self, prefix: str) -> None:
        if not is_prefix(prefix) or prefix not in (self._config.prefixes or (prefix,)):
            raise InvalidKey(
                "prefix: malformed, or not one of the store's configuration; choose one of those"
            )

    async def _pack(self, content: str) -> Packed:
        return await _off_loop(len(content), pack, content, self._config.plain_bytes_max)

    async def _create(self, name: str, packed: Packed, policy: RetryPolicy) -> None:
        attributes = {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Encoding": "zstd",
            "plain-sha256": packed.digest,
            "plain-bytes": str(packed.plain_bytes),
        }

        async def attempt() -> None:
            await obstore.put_async(
                self._bucket, name, packed.stored, attributes=attributes, mode="create"
            )

        try:
            await retry("put", attempt, policy)
        except ConditionFailed:
            return  # an equal key means equal content

    async def _stored(self, object_key: str) -> bytes:
        answer = await obstore.get_async(self._bucket, object_key)
        if answer.meta["size"] > stored_bytes_max(self._config.plain_bytes_max):
            raise OversizedObject(
                f"the object is larger than {self._config.plain_bytes_max} bytes; if that is "
                "intended, raise plain_bytes_max"
            )
        return bytes(await answer.bytes_async())

    async def _first_byte(self, object_key: str) -> obstore.GetResult:
        """Return the answer of a GET of the first byte.

        Unlike that of HEAD, its error distinguishes a missing object from a missing bucket.
        """

        async def attempt() -> obstore.GetResult:
            return await obstore.get_async(self._bucket, object_key, options={"range": (0, 1)})

        return await retry("head", attempt, self._policy)

    async def _plain_pieces(self, object_key: str, digest: str) -> AsyncGenerator[bytes, None]:
        unpacker = Unpacker(digest, self._config.plain_bytes_max)
        async with aclosing(stored_pieces(self._bucket, object_key, self._policy)) as pieces:
            async for stored in pieces:
                for plain in unpacker.feed(stored):
                    yield plain
        unpacker.finish()


async def _off_loop(
    size: int,
    work: Callable[Arguments, Answer],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Answer:
    """Run a function on `size` bytes or characters, in a thread above `INLINE_BYTES_MAX`."""
    if size <= INLINE_BYTES_MAX:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
