"""Large contents in S3, under names that are made from the contents themselves.

An object is written once and never changed: its key ends in the sha256 of its plain content, and
every write is conditional on nothing standing there. Only `discard_damaged` and `remove` delete;
repair calls the one, the sweep the other.
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
from crossfade.s3.credentials import provider
from crossfade.s3.downloads import stored_pieces
from crossfade.s3.retries import RetryPolicy, bounded, next_of, persist

# Above this the event loop does not wait for hashing and compression; a thread does them.
INLINE_BYTES_MAX = 256 * 1024
LIST_PAGE_KEYS = 1000

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Head:
    """What an object says of itself.

    Attributes:
        digest: sha256 of the plain content.
        plain_bytes: length of the plain content.
        stored_bytes: length of the object.
    """

    digest: str
    plain_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An object of a listing."""

    object_key: str
    stored_bytes: int
    last_modified: datetime


class ObjectStore:
    """Immutable, content-addressed objects in one bucket; satisfies `crossfade.ports.Objects`.

    Every method raises a subclass of `crossfade.errors.Unavailable` when S3 cannot serve it within
    the deadline, and `crossfade.errors.InvalidKey` for a malformed or foreign key before anything
    is sent.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        credentials = provider(config.keys)
        self._bucket = open_bucket(config, credentials)
        self._listing = open_bucket(config, credentials, retries_max=config.attempts_max - 1)
        self._patience = RetryPolicy(
            config.timeout_seconds,
            config.attempt_timeout_seconds,
            config.attempts_max,
            config.backoff_seconds,
        )
        self._upload_patience = RetryPolicy(
            config.stream_timeout_seconds,
            config.stream_timeout_seconds,
            config.attempts_max,
            config.backoff_seconds,
        )

    async def put(self, object_key: str, content: str) -> None:
        """Store a text under its key; done when it is there already.

        Raises:
            DigestMismatch: the key's digest is not the content's; nothing is sent.
            Rejected: the content is too large or not valid Unicode.
        """
        key = self._parse(object_key)
        packed = await self._pack(content)
        if packed.digest != key.digest:
            raise DigestMismatch("object key: its digest is not the content's; make the key anew")
        await self._create(object_key, packed, self._patience)

    async def put_text(self, prefix: str, row_id: str | tuple[str, ...], content: str) -> str:
        """Store a text of a row and return its key.

        Raises:
            Rejected: the content is too large or not valid Unicode, or the id cannot name objects.
        """
        self._accept(prefix)
        row_component(row_id)
        packed = await self._pack(content)
        name = object_key(prefix, row_id, packed.digest)
        await self._create(name, packed, self._patience)
        return name

    async def put_stream(
        self, prefix: str, row_id: str | tuple[str, ...], chunks: AsyncIterable[bytes]
    ) -> str:
        """Store a content of a row that arrives in pieces and return its key.

        The pieces are compressed into a temporary file, because the key is known only at their
        end; memory stays bounded whatever the content's length.

        Raises:
            Rejected: the content is too large, or the id cannot name objects.
        """
        self._accept(prefix)
        row_component(row_id)
        with Spool(self._config.plain_bytes_max) as spool:
            async for chunk in chunks:
                await _off_loop(len(chunk), spool.write, chunk)
            packed = spool.finish()
            name = object_key(prefix, row_id, packed.digest)
            await self._create(name, packed, self._upload_patience)
        return name

    async def get_text(self, object_key: str) -> str:
        """Return the text stored under a key, checked against the key's digest.

        Raises:
            MissingObject: nothing stands under this key.
            DamagedObject: what stands there is not the content that the key names.
        """
        key = self._parse(object_key)
        stored = await persist("get", lambda: self._stored(object_key), self._patience)
        limit = self._config.plain_bytes_max
        return await _off_loop(len(stored), unpack, stored, key.digest, limit)

    def open_stream(self, object_key: str) -> AsyncGenerator[bytes, None]:
        """Return the pieces of the content stored under a key.

        The digest can be checked only at the end: use nothing of what was read for good before the
        iteration ended without an error.

        Raises:
            MissingObject: nothing stands under this key.
            DamagedObject: what stands there is not the content that the key names.
        """
        return self._plain_pieces(object_key, self._parse(object_key).digest)

    async def exists(self, object_key: str) -> bool:
        """Tell whether an object stands under a key; what it holds is not looked at."""
        self._parse(object_key)
        try:
            await self._first_byte(object_key)
        except MissingObject:
            return False
        except DamagedObject:
            return True
        return True

    async def head(self, object_key: str) -> Head:
        """Return what the object under a key says of itself.

        Raises:
            MissingObject: nothing stands under this key.
            DamagedObject: the object says nothing of itself, or contradicts its key.
        """
        key = self._parse(object_key)
        answer = await self._first_byte(object_key)
        digest = answer.attributes.get("plain-sha256")
        plain_bytes = answer.attributes.get("plain-bytes", "")
        if digest != key.digest or not plain_bytes.isdecimal():
            raise DamagedObject("the object's metadata does not match its key; repair its row")
        return Head(digest, int(plain_bytes), answer.meta["size"])

    async def check(self, object_key: str) -> None:
        """Read an object whole and compare it with its key; memory stays bounded.

        Raises:
            MissingObject: nothing stands under this key.
            OversizedObject: it holds more than this store is set to read.
            DamagedObject: what stands there is not the content that the key names.
        """
        async for _ in self.open_stream(object_key):
            pass

    async def discard_damaged(self, object_key: str) -> bool:
        """Remove an object if it is not the content that its key names; else leave it alone.

        A damaged object stands in the way of a sound one, since nothing is ever overwritten. It is
        read once more right before; a versioned bucket keeps what is removed. One that is too large
        to be read is left alone too.

        Returns:
            Whether it was removed.
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
        """Remove an object, whatever it holds; done when there is none."""
        self._parse(object_key)

        async def attempt() -> None:
            await obstore.delete_async(self._bucket, object_key)

        try:
            await persist("delete", attempt, self._patience)
        except MissingObject:
            return

    async def list(
        self, prefix: str, row_id: str | tuple[str, ...] | None = None
    ) -> AsyncGenerator[Listed, None]:
        """Return every object under a prefix, or every object of one of its rows, in no order."""
        self._accept(prefix)
        path = prefix if row_id is None else f"{prefix}/{row_component(row_id)}"
        pages = aiter(obstore.list(self._listing, path, chunk_size=LIST_PAGE_KEYS))
        while page := await bounded("list", next_of(pages), self._config.timeout_seconds):
            for found in page:
                yield Listed(found["path"], found["size"], found["last_modified"])

    async def names(self, prefix: str, after: str, objects_max: int) -> Sequence[str]:
        """Return the keys of objects under a prefix, in order, after one of them; "" for the first.

        Names of other making are among them.
        """
        self._accept(prefix)
        pages = obstore.list(self._listing, prefix, offset=after or None, chunk_size=objects_max)
        page = await bounded("list", next_of(aiter(pages)), self._config.timeout_seconds)
        return [found["path"] for found in page or ()]

    def _parse(self, object_key: str) -> ObjectKey:
        return parse_object_key(object_key, self._config.prefixes or None)

    def _accept(self, prefix: str) -> None:
        if not is_prefix(prefix) or prefix not in (self._config.prefixes or (prefix,)):
            raise InvalidKey(
                "prefix: malformed or foreign; choose one of the store's configuration"
            )

    async def _pack(self, content: str) -> Packed:
        return await _off_loop(len(content), pack, content, self._config.plain_bytes_max)

    async def _create(self, name: str, packed: Packed, patience: RetryPolicy) -> None:
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
            await persist("put", attempt, patience)
        except ConditionFailed:
            return  # the same content stands there: that is what an equal key means

    async def _stored(self, object_key: str) -> bytes:
        answer = await obstore.get_async(self._bucket, object_key)
        if answer.meta["size"] > stored_bytes_max(self._config.plain_bytes_max):
            raise OversizedObject(
                f"the object is larger than {self._config.plain_bytes_max} bytes; if it is "
                "genuine, raise plain_bytes_max"
            )
        return bytes(await answer.bytes_async())

    async def _first_byte(self, object_key: str) -> obstore.GetResult:
        """Read one byte; unlike HEAD, its refusal tells a missing object from a missing bucket."""

        async def attempt() -> obstore.GetResult:
            return await obstore.get_async(self._bucket, object_key, options={"range": (0, 1)})

        return await persist("head", attempt, self._patience)

    async def _plain_pieces(self, object_key: str, digest: str) -> AsyncGenerator[bytes, None]:
        unpacker = Unpacker(digest, self._config.plain_bytes_max)
        async with aclosing(stored_pieces(self._bucket, object_key, self._patience)) as pieces:
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
    """Do work on so many bytes (or characters), in a thread when they are many."""
    if size <= INLINE_BYTES_MAX:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
