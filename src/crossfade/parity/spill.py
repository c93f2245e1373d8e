"""Records on disk instead of in memory: written once in order, read back by bucket.

A file is a sequence of blocks. A block has a head, the mapping's name, the key hashes and the
digests of its records, 16 bytes each, and their names as JSON.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from pathlib import Path
from struct import Struct, iter_unpack
from tempfile import mkdtemp
from types import TracebackType
from typing import IO, NamedTuple, Self

import orjson

from crossfade.errors import RecordsInUse, RecordsLost
from crossfade.parity.comparison.buckets import DIGEST_BUCKETS, Buckets, rounds
from crossfade.parity.comparison.records import UNREADABLE, Batch, Record

_HEAD = Struct("<III")
_HASH_BYTES = 16
_BUFFER_BYTES = 1 << 20
_PREFIX = "crossfade-verify-"
FILES = ("rows", "items", "referenced_objects", "existing_objects")


class _Block(NamedTuple):
    entity: str
    key_hashes: bytes
    digests: bytes
    names: bytes


class Spill:
    """The records of one store in a file, and their sums in memory.

    Args:
        file: opened for reading and writing; its existing records count.

    Attributes:
        buckets: the sums.
        parts: for each mapping the number of records in each of the `COVERAGE_PARTS`.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size_bytes = file.seek(0, os.SEEK_END)
        self._skipped: set[str] = set()
        self._count_all()

    def add(self, entity: str, batch: Batch) -> None:
        """Write records of one mapping."""
        if not batch.key_hashes:
            return
        key_hashes = b"".join(
            [key_hash.to_bytes(_HASH_BYTES, "little") for key_hash in batch.key_hashes]
        )
        digests = b"".join([digest.to_bytes(_HASH_BYTES, "little") for digest in batch.digests])
        name, names = entity.encode(), orjson.dumps(batch.names)
        head = _HEAD.pack(len(name), len(batch.key_hashes), len(names))
        self._size_bytes += self._file.write(b"".join((head, name, key_hashes, digests, names)))
        self._count(entity, batch, key_hashes)

    def clear(self) -> None:
        """Forget every record."""
        self._file.seek(0)
        self._file.truncate()
        self._size_bytes = 0
        self._count_all()

    def skip(self, entity: str) -> None:
        """Exclude a mapping's records from counts and reads; the file keeps them."""
        self._skipped.add(entity)
        self._count_all()

    def size_bytes(self) -> int:
        """Return the size of the file, flushed to the operating system."""
        self._file.flush()
        return self._size_bytes

    def read(self, buckets: frozenset[int] | None = None) -> Iterator[tuple[str, Record]]:
        """Yield the records of these buckets with their mappings' names, in the order written."""
        for entity, key_hashes, digests, names in self._blocks():
            every = range(len(key_hashes) // _HASH_BYTES)
            wanted = every if buckets is None else _positions_in(key_hashes, buckets)
            if wanted:
                parts = orjson.loads(names)
                for at in wanted:
                    yield (
                        entity,
                        Record(_hash(key_hashes, at), _hash(digests, at), tuple(parts[at])),
                    )

    def unmatched(
        self, other: Spill, records_max: int, *, by_digest: bool, also: frozenset[int] = frozenset()
    ) -> Iterator[tuple[str, Record]]:
        """Yield the records without a match in the other store; only differing buckets are read.

        Args:
            other: the other store's records.
            records_max: records in memory at once.
            by_digest: a match needs the same digest too; an unreadable record never matches.
            also: buckets of which every record is yielded.
        """
        differing = {*self.buckets.differing(other.buckets), *also}
        sizes = self.buckets.sizes(other.buckets)
        for numbers in rounds(sorted(differing), sizes, records_max):
            partners = {record.key_hash: record.digest for _, record in other.read(numbers)}
            for entity, record in self.read(numbers):
                partner = partners.get(record.key_hash)
                is_matched = partner is not None and (
                    not by_digest or partner == record.digest != UNREADABLE
                )
                if not is_matched or record.key_hash % DIGEST_BUCKETS in also:
                    yield entity, record

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _blocks(self) -> Iterator[_Block]:
        """Yield the blocks that count; several readers may be active."""
        self._file.flush()
        number, at, end = self._file.fileno(), 0, self._size_bytes
        while at < end:
            name_bytes, count, names_bytes = _HEAD.unpack(os.pread(number, _HEAD.size, at))
            hashes_bytes = count * _HASH_BYTES
            at += _HEAD.size
            ends = list(accumulate((name_bytes, hashes_bytes, hashes_bytes, names_bytes)))
            entity = os.pread(number, name_bytes, at).decode()
            if entity not in self._skipped:
                body = os.pread(number, ends[-1], at)
                yield _Block(entity, *(body[one:two] for one, two in pairwise(ends)))
            at += ends[-1]

    def _count_all(self) -> None:
        self.buckets = Buckets()
        self.parts: dict[str, Counter[int]] = {}
        for block in self._blocks():
            batch = Batch(_hashes(block.key_hashes), _hashes(block.digests))
            self._count(block.entity, batch, block.key_hashes)

    def _count(self, entity: str, batch: Batch, key_hashes: bytes) -> None:
        if entity in self._skipped:
            return
        self.buckets.add(batch)
        self.parts.setdefault(entity, Counter()).update(key_hashes[::_HASH_BYTES])


class PassRecords:
    """The records of a pass, in a private folder that is removed when the pass ends.

    The folder is locked while the process lives; only its owner can read it.

    Args:
        folder: an existing folder.
        sizes: the bytes of each file that count.

    Attributes:
        folder: the folder of the files.
        rows: the records of rows.
        items: the records of items.
        referenced_objects: the records of objects that items reference.
        existing_objects: the records of objects in the bucket.

    Raises:
        RecordsLost: the folder is gone, in use, another user's, or lacks records.
    """

    def __init__(self, folder: Path, sizes: Mapping[str, int]) -> None:
        self.folder = folder
        self._lock = _locked(folder)
        try:
            self.rows, self.items, self.referenced_objects, self.existing_objects = (
                Spill(_opened(folder / name, sizes.get(name, 0))) for name in FILES
            )
        except BaseException:
            os.close(self._lock)
            raise

    @classmethod
    def create(cls, base: Path | None) -> Self:
        """Make a new folder.

        Args:
            base: its parent; the system's folder of temporary files by default.
        """
        return cls(Path(mkdtemp(prefix=_PREFIX, dir=base)), {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for spill in self._by_name().values():
            spill.close()
        os.close(self._lock)

    def sizes(self) -> dict[str, int]:
        """Return how many bytes each file has, all of them handed to the system."""
        return {name: spill.size_bytes() for name, spill in self._by_name().items()}

    def skip(self, entity: str) -> None:
        """Exclude a mapping's rows and items from counts and reads."""
        self.rows.skip(entity)
        self.items.skip(entity)

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder)

    def _by_name(self) -> dict[str, Spill]:
        return {name: getattr(self, name) for name in FILES}


def _locked(folder: Path) -> int:
    """Lock a folder; the operating system releases the lock when this process ends."""
    try:
        if folder.stat().st_uid != os.geteuid():
            raise RecordsLost(f"its records in {folder} are another user's")
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        raise RecordsLost(f"its records, in {folder}, are not on this machine") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise RecordsInUse("another process is working on it") from None
    return lock


def _opened(path: Path, size_bytes: int) -> IO[bytes]:
    """Open a file for reading and writing, truncated to the bytes that count."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(descriptor, "r+b", buffering=_BUFFER_BYTES)
    if file.seek(0, os.SEEK_END) < size_bytes:
        file.close()
        raise RecordsLost(f"its records in {path.parent} are not complete")
    file.truncate(size_bytes)
    return file


def _positions_in(key_hashes: bytes, buckets: frozenset[int]) -> list[int]:
    """Return the positions of the key hashes in these buckets, by their lowest two bytes."""
    lows = iter_unpack(f"<H{_HASH_BYTES - 2}x", key_hashes)
    return [at for at, (low,) in enumerate(lows) if low % DIGEST_BUCKETS in buckets]


def _hashes(hashes: bytes) -> list[int]:
    return [_hash(hashes, at) for at in range(len(hashes) // _HASH_BYTES)]


def _hash(hashes: bytes, at: int) -> int:
    return int.from_bytes(hashes[at * _HASH_BYTES : (at + 1) * _HASH_BYTES], "little")
