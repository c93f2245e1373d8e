"""An additive multiset hash: sums of constant size that are equal for equal sets of records. Pure.

A bucket counts its records and adds up their digests. Digests combined by exclusive or would cancel
each other: two equal records on one side, or two swaps, would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from crossfade.parity.comparison.records import UNREADABLE, Batch

DIGEST_BUCKETS = 4096
"""A record's bucket is its key hash modulo this."""
_MODULUS = 1 << 128


class Buckets:
    """The counts and sums of one store's records, by the hash of their keys."""

    def __init__(self) -> None:
        self._counts = [0] * DIGEST_BUCKETS
        self._sums = [0] * DIGEST_BUCKETS
        self._unreadable: set[int] = set()

    def add(self, batch: Batch) -> None:
        """Count records."""
        counts, sums = self._counts, self._sums
        for key_hash, digest in zip(batch.key_hashes, batch.digests, strict=True):
            bucket = key_hash % DIGEST_BUCKETS
            counts[bucket] += 1
            sums[bucket] = (sums[bucket] + digest) % _MODULUS
        if UNREADABLE in batch.digests:
            self._unreadable |= {
                key_hash % DIGEST_BUCKETS
                for key_hash, digest in zip(batch.key_hashes, batch.digests, strict=True)
                if digest == UNREADABLE
            }

    @property
    def total(self) -> int:
        """Return the number of records."""
        return sum(self._counts)

    def differing(self, other: Buckets) -> list[int]:
        """Return the numbers of the buckets that differ, or hold unreadable records."""
        unreadable = self._unreadable | other._unreadable
        return [
            number
            for number in range(DIGEST_BUCKETS)
            if self._counts[number] != other._counts[number]
            or self._sums[number] != other._sums[number]
            or number in unreadable
        ]

    def sizes(self, other: Buckets) -> list[int]:
        """Return the number of records of both sides, by bucket."""
        return [one + two for one, two in zip(self._counts, other._counts, strict=True)]

    def root(self) -> str:
        """Return one digest of all buckets, 32 hexadecimal digits."""
        sums = ",".join(
            f"{count}:{total:x}" for count, total in zip(self._counts, self._sums, strict=True)
        )
        return sha256(sums.encode()).hexdigest()[:32]


def rounds(numbers: Iterable[int], sizes: list[int], records_max: int) -> list[frozenset[int]]:
    """Divide buckets into groups of at most `records_max` records; a larger bucket is alone."""
    groups: list[set[int]] = []
    held = 0
    for number in numbers:
        if not groups or held + sizes[number] > records_max:
            groups.append(set())
            held = 0
        groups[-1].add(number)
        held += sizes[number]
    return [frozenset(group) for group in groups]
