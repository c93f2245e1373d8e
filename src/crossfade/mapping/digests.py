"""A record's digest: equal for equal records, whichever store they were read from."""

from __future__ import annotations

from collections.abc import Mapping

from xxhash import xxh3_128_intdigest


def digest(columns: Mapping[str, str | None]) -> int:
    """Return the 128-bit digest of a record's columns in canonical form.

    NULL and a missing column are the same; the empty text is another. The order of the columns
    does not matter. Neither names nor PostgreSQL's texts contain NUL, which therefore separates.
    """
    present = sorted((name, text) for name, text in columns.items() if text is not None)
    return xxh3_128_intdigest("".join(f"{name}\0{text}\0" for name, text in present).encode())
