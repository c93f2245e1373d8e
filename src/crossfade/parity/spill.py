"""Records on disk instead of in memory: written once in order, read back by bucket.

A file is a sequence of blocks. A block is its head, the mapping's name, the places and the digests
of its records, 16 bytes each, and their names as JSON.
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


class _Block(NamedTuple):
    entity: str
    places: bytes
    digests: bytes
    names: bytes


class Spill:
    """The records of one store in a file, and their sums in memory.

    Args:
        file: opened for reading and writing; what it holds already counts.

    Attributes:
        buckets: the sums.
        parts: how many records each part of a mapping's keys has.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size_bytes = file.seek(0, os.SEEK_END)
        self._left_out: set[str] = set()
        self._count_all()

    def add(self, entity: str, batch: Batch) -> None:
        """Write records of one mapping."""
        if not batch.places:
            return
        places = b"".join([place.to_bytes(_HASH_BYTES, "little") for place in batch.places])
        digests = b"".join([digest.to_bytes(_HASH_BYTES, "little") for digest in batch.digests])
        name, names = entity.encode(), orjson.dumps(batch.names)
        head = _HEAD.pack(len(name), len(batch.places), len(names))
        self._size_bytes += self._file.write(b"".join((head, name, places, digests, names)))
        self._count(entity, batch, places)

    def clear(self) -> None:
        """Forget every record."""
        self._file.seek(0)
        self._file.truncate()
        self._size_bytes = 0
        self._count_all()

    def leave_out(self, entity: str) -> None:
        """Neither count nor return a mapping's records from now on; the file keeps them."""
        self._left_out.add(entity)
        self._count_all()

    def size_bytes(self) -> int:
        """Return how many bytes the file has, all of them handed to the system."""
        self._file.flush()
        return self._size_bytes

    def read(self, buckets: frozenset[int] | None = None) -> Iterator[tuple[str, Record]]:
        """Return the records of these buckets with their mappings' names, in the order written."""
        for entity, places, digests, names in self._blocks():
            every = range(len(places) // _HASH_BYTES)
            wanted = every if buckets is None else _positions_in(places, buckets)
            if wanted:
                parts = orjson.loads(names)
                for at in wanted:
                    yield entity, Record(_hash(places, at), _hash(digests, at), tuple(parts[at]))

    def unmatched(
        self, other: Spill, records_max: int, *, by_digest: bool, also: frozenset[int] = frozenset()
    ) -> Iterator[tuple[str, Record]]:
        """Return the records without a partner in the other store; only differing buckets are read.

        Args:
            other: the other store's records.
            records_max: records in memory at once.
            by_digest: a partner must have the same digest too; records without one have none.
            also: buckets of which every record is returned.
        """
        differing = {*self.buckets.differing(other.buckets), *also}
        sizes = self.buckets.sizes(other.buckets)
        for numbers in rounds(sorted(differing), sizes, records_max):
            partners = {record.place: record.digest for _, record in other.read(numbers)}
            for entity, record in self.read(numbers):
                partner = partners.get(record.place)
                is_matched = partner is not None and (
                    not by_digest or partner == record.digest != UNREADABLE
                )
                if not is_matched or record.place % DIGEST_BUCKETS in also:
                    yield entity, record

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _blocks(self) -> Iterator[_Block]:
        """Return the blocks that count; any number of readers may be under way."""
        self._file.flush()
        number, at, end = self._file.fileno(), 0, self._size_bytes
        while at < end:
            name_bytes, count, names_bytes = _HEAD.unpack(os.pread(number, _HEAD.size, at))
            hashes_bytes = count * _HASH_BYTES
            at += _HEAD.size
            ends = list(accumulate((name_bytes, hashes_bytes, hashes_bytes, names_bytes)))
            entity = os.pread(number, name_bytes, at).decode()
            if entity not in self._left_out:
                body = os.pread(number, ends[-1], at)
                yield _Block(entity, *(body[one:two] for one, two in pairwise(ends)))
            at += ends[-1]

    def _count_all(self) -> None:
        self.buckets = Buckets()
        self.parts: dict[str, Counter[int]] = {}
        for block in self._blocks():
            batch = Batch(_hashes(block.places), _hashes(block.digests))
            self._count(block.entity, batch, block.places)

    def _count(self, entity: str, batch: Batch, places: bytes) -> None:
        if entity in self._left_out:
            return
        self.buckets.add(batch)
        self.parts.setdefault(entity, Counter()).update(places[::_HASH_BYTES])


class Spills:
    """The records of a pass, in a folder of its own until the pass is over.

    The folder is locked for as long as the process lives; only its owner can read it.

    Args:
        folder: an existing one.
        sizes: how many bytes of each file count.

    Attributes:
        folder: where the files are.
        rows: the records of rows.
        items: of items.
        named: of objects that items name.
        listed: of objects that are there.

    Raises:
        RecordsLost: the folder is gone, in use, not this user's, or lacks records.
    """

    def __init__(self, folder: Path, sizes: Mapping[str, int]) -> None:
        self.folder = folder
        self._lock = _locked(folder)
        try:
            self.rows, self.items, self.named, self.listed = (
                Spill(_opened(folder / name, sizes.get(name, 0)))
                for name in ("rows", "items", "named", "listed")
            )
        except BaseException:
            os.close(self._lock)
            raise

    @classmethod
    def begun(cls, base: Path | None) -> Self:
        """Make a new folder.

        Args:
            base: where; the system's folder of temporary files unless given.
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

    def leave_out(self, entity: str) -> None:
        """Neither count nor return a mapping's rows and items from now on."""
        self.rows.leave_out(entity)
        self.items.leave_out(entity)

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder)

    def _by_name(self) -> dict[str, Spill]:
        return {
            "rows": self.rows,
            "items": self.items,
            "named": self.named,
            "listed": self.listed,
        }


def _locked(folder: Path) -> int:
    """Hold a folder's lock, which the system releases when this process ends in any way."""
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
        raise RecordsInUse("another process is at work on it") from None
    return lock


def _opened(path: Path, size_bytes: int) -> IO[bytes]:
    """Open a file for reading and writing, cut to the bytes that count."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(descriptor, "r+b", buffering=_BUFFER_BYTES)
    if file.seek(0, os.SEEK_END) < size_bytes:
        file.close()
        raise RecordsLost(f"its records in {path.parent} are not complete")
    file.truncate(size_bytes)
    return file


def _positions_in(places: bytes, buckets: frozenset[int]) -> list[int]:
    """Return the positions of the places that are in these buckets; two bytes of each tell."""
    lows = iter_unpack(f"<H{_HASH_BYTES - 2}x", places)
    return [at for at, (low,) in enumerate(lows) if low % DIGEST_BUCKETS in buckets]


def _hashes(hashes: bytes) -> list[int]:
    return [_hash(hashes, at) for at in range(len(hashes) // _HASH_BYTES)]


def _hash(hashes: bytes, at: int) -> int:
    return int.from_bytes(hashes[at * _HASH_BYTES : (at + 1) * _HASH_BYTES], "little")
