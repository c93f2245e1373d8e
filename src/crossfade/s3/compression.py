"""Contents as they are stored: zstd frames, checked against the sha256 of what they hold."""

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
# What a decoder must be able to remember; RFC 8878, section 3.1.1.1.2, asks for 8 MB.
WINDOW_BYTES_MAX = 8 * 1024**2
# One kilobyte of zstd makes 32 MB of zeros at most: what one step of a bomb can claim.
STEP_BYTES = 1024
SPOOL_BYTES_MAX = 8 * 1024**2
PART_BYTES = 1024**2
PIECE_BYTES = 64 * 1024

Buffers = bytes | Sequence[memoryview]


@dataclass(frozen=True, slots=True)
class Packed:
    """A content ready to be stored.

    Attributes:
        digest: sha256 of the plain content, 64 lower-case hexadecimal digits.
        plain_bytes: length of the plain content.
        stored: the zstd frame.
    """

    digest: str
    plain_bytes: int
    stored: Buffers


def stored_bytes_max(plain_bytes: int) -> int:
    """Return how long the frame of so many bytes can be, if they do not compress at all.

    Source: zstd manual, ``ZSTD_compressBound``, rounded up.
    """
    return plain_bytes + plain_bytes // 256 + 1024


def pack(content: str, plain_bytes_max: int) -> Packed:
    """Compress a text.

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
    """Compresses a content piece by piece into a file without a name; memory stays bounded."""

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
        """Add a piece of the content.

        Raises:
            ObjectTooLarge: the content is longer than the limit.
        """
        self._plain_bytes += len(plain)
        if self._plain_bytes > self._plain_bytes_max:
            raise ObjectTooLarge(self._plain_bytes, self._plain_bytes_max)
        self._hash.update(plain)
        self._store(self._frame.compress(plain))

    def finish(self) -> Packed:
        """Return the whole content; a large one stays on disk and is read through a memory map."""
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
    """Decompresses one object piece by piece and checks it against its digest."""

    def __init__(self, digest: str, plain_bytes_max: int) -> None:
        self._digest = digest
        self._plain_bytes_max = plain_bytes_max
        self._plain_bytes = 0
        self._hash = hashlib.sha256()
        decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES_MAX)
        self._frame = decompressor.decompressobj()

    def feed(self, stored: bytes) -> Iterator[bytes]:
        """Return what these bytes of the object hold, in pieces worth handing on.

        Raises:
            DamagedObject: they are not zstd, or hold more than the limit.
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
        """Check what was read as a whole.

        Raises:
            DamagedObject: it ended early, or is another content than its key says.
        """
        if not self._frame.eof:
            raise DamagedObject("the object is truncated; repair its row")
        if self._hash.hexdigest() != self._digest:
            raise DamagedObject("the object's content is not the one its key names; repair its row")

    def _steps(self, stored: bytes) -> Iterator[bytes]:
        for start in range(0, len(stored), STEP_BYTES):
            plain = self._step(stored[start : start + STEP_BYTES])
            self._plain_bytes += len(plain)
            if self._plain_bytes > self._plain_bytes_max:
                raise OversizedObject(
                    f"the object holds more than {self._plain_bytes_max} bytes; if it is genuine, "
                    "raise plain_bytes_max"
                )
            self._hash.update(plain)
            yield plain

    def _step(self, stored: bytes) -> bytes:
        if self._frame.eof:
            raise DamagedObject("the object goes on behind its end; repair its row")
        try:
            plain = self._frame.decompress(stored)
        except zstandard.ZstdError:
            raise DamagedObject("the object is not intact zstd; repair its row") from None
        if self._frame.unused_data:
            raise DamagedObject("the object goes on behind its end; repair its row")
        return plain


def unpack(stored: bytes, digest: str, plain_bytes_max: int) -> str:
    """Return the text that a whole object holds.

    Raises:
        DamagedObject: it is not zstd, truncated, larger than the limit, not the content its digest
            names, or not text.
    """
    unpacker = Unpacker(digest, plain_bytes_max)
    plain = b"".join(unpacker.feed(stored))
    unpacker.finish()
    try:
        return plain.decode()
    except UnicodeDecodeError:
        raise DamagedObject("the object is not UTF-8 text; read it as a stream") from None
