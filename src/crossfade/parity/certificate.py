"""A certificate: what a clean pass saw, so that anybody can compute it anew."""

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
    CHANGED = "changed"  # both stores are equal, and no longer what they were
    BROKEN = "broken"  # the stores differ
    UNKNOWN = "unknown"  # not all of what it covers could be compared


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a pass without drift saw.

    Attributes:
        cut_at: when it began: writes committed before are covered; ISO 8601.
        root_digest: of every row, its key and the digests of its large columns.
        is_deep: whether every object was read and hashed.
        lagging_keys: exceptions: keys whose newest version was on its way.
        racing_keys: exceptions: keys that changed through every attempt to read them.
        parked_keys: exceptions: keys that are no longer tried.
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
        """Return it as indented JSON."""
        told = {"format": FORMAT, **asdict(self)}
        return orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n"


def certificate_of(run: Run) -> Certificate:
    """Return the certificate of a finished pass that found no drift and left nothing out."""
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
        ConfigurationError: it is not one that this release wrote.
    """
    try:
        told: Mapping[str, Any] = orjson.loads(text)
        known = {name: value for name, value in told.items() if name != "format"}
        if told["format"] != FORMAT:
            raise ConfigurationError("certificate: written by another release; make it anew")
        return Certificate(**{**known, "entities": tuple(known["entities"])})
    except (KeyError, TypeError, ValueError):
        raise ConfigurationError(
            "certificate: not one that `crossfade verify --certificate` wrote"
        ) from None


def check(certificate: Certificate, run: Run, drifted: int) -> Validity:
    """Tell whether a certificate still describes the stores, by a pass made now."""
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
