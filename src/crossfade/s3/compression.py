"""Compression of contents to zstd frames, and decompression that verifies their sha256."""

from __future__ import annotations

import hashlib
import mmap
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import zstandard

from crossfade.errors import DamagedObject, ObjectTooLarge, OversizedObject, Unmappable

LEVEL = 3
# The window size that every decoder supports (RFC 8878, section 3.1.1.1.2).
WINDOW_BYTES_MAX = 8 * 1024**2
# Limits what a decompression bomb allocates at once: 1 KiB of zstd holds at most 32 MB of zeros.
STEP_BYTES = 1024
SPOOL_BYTES_MAX = 8 * 1024**2
PART_BYTES = 1024**2
PIECE_BYTES = 64 * 1024

Buffers = bytes | Sequence[memoryview]


@dataclass(frozen=True, slots=True)
class Packed:
    """A compressed content.

    Attributes:
        digest: sha256 of the plain content, 64 lower-case hexadecimal digits.
        plain_bytes: length of the plain content in bytes.
        stored: the zstd frame, in one piece or in several.
    """

    digest: str
    plain_bytes: int
    stored: Buffers


def stored_bytes_max(plain_bytes: int) -> int:
    """Return the longest possible zstd frame of a content of this length, in bytes.

    Source: zstd manual, ``ZSTD_compressBound``, rounded up.
    """
    return plain_bytes + plain_bytes // 256 + 1024


def pack(content: str, plain_bytes_max: int) -> Packed:
    """Return a text's UTF-8 bytes, compressed.

    Args:
        content: the text.
        plain_bytes_max: the limit of its length in UTF-8 bytes.

    Raises:
        ObjectTooLarge: it is longer than the limit.
        Unmappable: it is not valid Unicode.
    """
    try:
        plain = content.encode()
    except UnicodeEncodeError:
        raise Unmappable("content", "a lone surrogate", "store valid Unicode text") from None
    if len(plain) > plain_bytes_max:
        raise ObjectTooLarge(len(plain), plain_bytes_max)
    stored = zstandard.ZstdCompressor(level=LEVEL).compress(plain)
    return Packed(hashlib.sha256(plain).hexdigest(), len(plain), stored)


class Spool:
    """Compresses a content piece by piece into an unnamed temporary file, in bounded memory.

    Args:
        plain_bytes_max: the limit of the plain content's length in bytes.
    """

    def __init__(self, plain_bytes_max: int) -> None:
        self._plain_bytes_max = plain_bytes_max
        self._plain_bytes = 0
        self._stored_bytes = 0
        self._hash = hashlib.sha256()
        self._frame = zstandard.ZstdCompressor(level=LEVEL).compressobj()
        self._file = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES_MAX)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, plain: bytes) -> None:
        """Compress and store a piece of the content.

        Raises:
            ObjectTooLarge: the content is longer than the limit.
        """
        self._plain_bytes += len(plain)
        if self._plain_bytes > self._plain_bytes_max:
            raise ObjectTooLarge(self._plain_bytes, self._plain_bytes_max)
        self._hash.update(plain)
        self._store(self._frame.compress(plain))

    def finish(self) -> Packed:
        """Return the compressed content; above `SPOOL_BYTES_MAX` it is a memory map of the file."""
        self._store(self._frame.flush())
        self._file.flush()
        return Packed(self._hash.hexdigest(), self._plain_bytes, self._buffers())

    def _store(self, stored: bytes) -> None:
        self._stored_bytes += len(stored)
        self._file.write(stored)

    def _buffers(self) -> Buffers:
        if self._stored_bytes <= SPOOL_BYTES_MAX:
            self._file.seek(0)
            return self._file.read()
        view = memoryview(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ))
        return [view[start : start + PART_BYTES] for start in range(0, len(view), PART_BYTES)]


class Unpacker:
    """Decompresses one object piece by piece and verifies its digest.

    Args:
        digest: the expected sha256 of the plain content, 64 lower-case hexadecimal digits.
        plain_bytes_max: the limit of the plain content's length in bytes.
    """

    def __init__(self, digest: str, plain_bytes_max: int) -> None:
        self._digest = digest
        self._plain_bytes_max = plain_bytes_max
        self._plain_bytes = 0
        self._hash = hashlib.sha256()
        decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES_MAX)
        self._frame = decompressor.decompressobj()

    def feed(self, stored: bytes) -> Iterator[bytes]:
        """Yield the plain content of these bytes of the object.

        Pieces have at least `PIECE_BYTES`, the last one may be shorter.

        Raises:
            DamagedObject: the bytes are not zstd, or follow the end of the frame.
            OversizedObject: the plain content is longer than the limit.
        """
        pieces: list[bytes] = []
        for plain in self._steps(stored):
            pieces.append(plain)
            if sum(map(len, pieces)) >= PIECE_BYTES:
                yield b"".join(pieces)
                pieces.clear()
        if any(pieces):
            yield b"".join(pieces)

    def finish(self) -> None:
        """Verify the whole object, after its last piece.

        Raises:
            DamagedObject: it is truncated, or its digest is another one.
        """
        if not self._frame.eof:
            raise DamagedObject("the object is truncated; repair its row")
        if self._hash.hexdigest() != self._digest:
            raise DamagedObject(
                "the object's content has another digest than its key; repair its row"
            )

    def _steps(self, stored: bytes) -> Iterator[bytes]:
        for start in range(0, len(stored), STEP_BYTES):
            plain = self._step(stored[start : start + STEP_BYTES])
            self._plain_bytes += len(plain)
            if self._plain_bytes > self._plain_bytes_max:
                raise OversizedObject(
                    f"the object holds more than {self._plain_bytes_max} bytes; if that is "
                    "intended, raise plain_bytes_max"
                )
            self._hash.update(plain)
            yield plain

    def _step(self, stored: bytes) -> bytes:
        if self._frame.eof:
            raise DamagedObject("the object has bytes after its zstd frame; repair its row")
        try:
            plain = self._frame.decompress(stored)
        except zstandard.ZstdError:
            raise DamagedObject("the object is not valid zstd; repair its row") from None
        if self._frame.unused_data:
            raise DamagedObject("the object has bytes after its zstd frame; repair its row")
        return plain


def unpack(stored: bytes, digest: str, plain_bytes_max: int) -> str:
    """Return the text of a whole object.

    Args:
        stored: the object.
        digest: the expected sha256 of the plain content, 64 lower-case hexadecimal digits.
        plain_bytes_max: the limit of the plain content's length in bytes.

    Raises:
        DamagedObject: the object is not zstd, is truncated, has another digest or is not UTF-8.
        OversizedObject: the plain content is longer than the limit.
    """
    unpacker = Unpacker(digest, plain_bytes_max)
    plain = b"".join(unpacker.feed(stored))
    unpacker.finish()
    try:
        return plain.decode()
    except UnicodeDecodeError:
        raise DamagedObject("the object is not UTF-8 text; read it as a stream") from None
