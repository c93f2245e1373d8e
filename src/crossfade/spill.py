"""Records on disk instead of in memory: written once in order, read back by bucket.

A file is a sequence of blocks. A block is its head, the mapping's name, the places and the digests
of its records, 16 bytes each, and their names as JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from struct import Struct, iter_unpack
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

import orjson

from crossfade.mapping.parity_buckets import BUCKETS, Buckets, rounds
from crossfade.mapping.parity_records import UNREADABLE, Batch, Record

PARTS = 256
"""How many parts of the keys are counted apart; a key's part is its place modulo this."""

_HEAD = Struct("<III")
_HASH_BYTES = 16
_BUFFER_BYTES = 1 << 20


class Spill:
    """The records of one store in a temporary file, and their sums in memory.

    Attributes:
        buckets: the sums.
        parts: how many records each part of a mapping's keys has.
    """

    def __init__(self) -> None:
        self.buckets = Buckets()
        self.parts: dict[str, Counter[int]] = {}
        self._file = TemporaryFile(buffering=_BUFFER_BYTES)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, entity: str, batch: Batch) -> None:
        """Write records of one mapping."""
        if not batch.places:
            return
        places = b"".join([place.to_bytes(_HASH_BYTES, "little") for place in batch.places])
        digests = b"".join([digest.to_bytes(_HASH_BYTES, "little") for digest in batch.digests])
        name, names = entity.encode(), orjson.dumps(batch.names)
        head = _HEAD.pack(len(name), len(batch.places), len(names))
        self._file.write(b"".join((head, name, places, digests, names)))
        self.buckets.add(batch)
        self.parts.setdefault(entity, Counter()).update(places[::_HASH_BYTES])

    def read(self, buckets: frozenset[int] | None = None) -> Iterator[tuple[str, Record]]:
        """Return the records of these buckets with their mappings' names, in the order written."""
        self._file.seek(0)
        read = self._file.read
        while head := read(_HEAD.size):
            name_bytes, count, names_bytes = _HEAD.unpack(head)
            entity = read(name_bytes).decode()
            places, digests = read(count * _HASH_BYTES), read(count * _HASH_BYTES)
            names = read(names_bytes)
            wanted = range(count) if buckets is None else _places_in(places, buckets)
            if not wanted:
                continue
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
                if not is_matched or record.place % BUCKETS in also:
                    yield entity, record


def _places_in(places: bytes, buckets: frozenset[int]) -> list[int]:
    """Return the positions of the places that are in these buckets; two bytes of each tell."""
    lows = iter_unpack(f"<H{_HASH_BYTES - 2}x", places)
    return [at for at, (low,) in enumerate(lows) if low % BUCKETS in buckets]


def _hash(hashes: bytes, at: int) -> int:
    return int.from_bytes(hashes[at * _HASH_BYTES : (at + 1) * _HASH_BYTES], "little")
