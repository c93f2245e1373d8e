"""A certificate: the result of a clean pass, which a later pass can check. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import orjson

from crossfade.errors import ConfigurationError
from crossfade.parity.model import Run

FORMAT = 2


class Validity(StrEnum):
    """Whether a certificate still describes the stores."""

    HOLDS = "holds"
    CHANGED = "changed"  # both stores are equal, with other contents than then
    BROKEN = "broken"  # the stores differ
    UNKNOWN = "unknown"  # not everything that it covers could be compared


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of a pass without drift.

    Attributes:
        cut_at: when it began: writes committed before are covered; ISO 8601.
        root_digest: of every row, its key and the digests of its large columns.
        is_deep: whether every object was read and hashed.
        lagging_keys: exceptions: keys whose newest version was on its way.
        racing_keys: exceptions: keys that changed through every attempt to read them.
        parked_keys: exceptions: keys that are not delivered.
    """

    run: int
    entities: tuple[str, ...]
    cut_at: str
    finished_at: str
    source_rows: int
    target_items: int
    equal_keys: int
    root_digest: str
    is_deep: bool
    lagging_keys: int
    racing_keys: int
    parked_keys: int
    orphan_objects: int

    def to_json(self) -> bytes:
        """Return the certificate as indented JSON."""
        document = {"format": FORMAT, **asdict(self)}
        return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def certificate_of(run: Run) -> Certificate:
    """Return the certificate of a finished pass without drift and without skipped mappings."""
    tally = run.tally
    return Certificate(
        run=run.id,
        entities=run.entities,
        cut_at=run.started_at.isoformat(),
        finished_at=(run.finished_at or run.seen_at).isoformat(),
        source_rows=tally.source_rows,
        target_items=tally.target_items,
        equal_keys=tally.equal_keys,
        root_digest=run.root_digest or "",
        is_deep=run.is_deep,
        lagging_keys=tally.lagging_keys,
        racing_keys=tally.racing_keys,
        parked_keys=tally.parked_keys,
        orphan_objects=tally.orphan_objects,
    )


def read_certificate(text: bytes) -> Certificate:
    """Return a certificate from its JSON.

    Raises:
        ConfigurationError: this release did not write it.
    """
    try:
        document: Mapping[str, Any] = orjson.loads(text)
        known = {name: value for name, value in document.items() if name != "format"}
        if document["format"] != FORMAT:
            raise ConfigurationError("certificate: written by another release; make a new one")
        return Certificate(**{**known, "entities": tuple(known["entities"])})
    except (KeyError, TypeError, ValueError):
        raise ConfigurationError(
            "certificate: not one that `crossfade verify --certificate` wrote"
        ) from None


def check(certificate: Certificate, run: Run, drifted: int) -> Validity:
    """Return whether a certificate still describes the stores, given a new pass."""
    if drifted:
        return Validity.BROKEN
    if run.left_out:
        return Validity.UNKNOWN
    seen = certificate_of(run)
    is_same = (seen.root_digest, seen.source_rows) == (
        certificate.root_digest,
        certificate.source_rows,
    )
    return Validity.HOLDS if is_same else Validity.CHANGED
