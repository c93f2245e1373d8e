"""Records on disk instead of in memory: written once in order, read back by bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

import orjson

from crossfade.mapping.parity_buckets import BUCKETS, Buckets, rounds
from crossfade.mapping.parity_records import UNREADABLE, Record

_HEAD = Struct("<16s16sI")
_BUFFER_BYTES = 1 << 20


class Spill:
    """The records of one store in a temporary file, and their sums in memory."""

    def __init__(self) -> None:
        self.buckets = Buckets()
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

    def add(self, entity: str, records: Iterable[Record]) -> None:
        """Write records of one mapping."""
        write = self._file.write
        held = list(records)
        self.buckets.add(held)
        for record in held:
            name = orjson.dumps((entity, *record.name))
            write(
                _HEAD.pack(
                    record.place.to_bytes(16, "little"),
                    record.digest.to_bytes(16, "little"),
                    len(name),
                )
            )
            write(name)

    def read(self, buckets: frozenset[int] | None = None) -> Iterator[tuple[str, Record]]:
        """Return the records of these buckets with their mappings' names, in the order written."""
        self._file.seek(0)
        read = self._file.read
        while head := read(_HEAD.size):
            place_bytes, digest, length = _HEAD.unpack(head)
            name = read(length)
            place = int.from_bytes(place_bytes, "little")
            if buckets is None or place % BUCKETS in buckets:
                entity, *parts = orjson.loads(name)
                yield entity, Record(place, int.from_bytes(digest, "little"), tuple(parts))

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
