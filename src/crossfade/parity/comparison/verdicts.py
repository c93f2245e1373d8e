"""The verdict on one key, from what was read about it in the one safe order. Pure.

The order is: what the ledger knew to be acknowledged, the row with its version, the item, the
version again. A version that moved says that the item may belong to either; nothing is concluded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from crossfade.errors import Unmappable
from crossfade.mapping.codec.codec import StoredItem
from crossfade.mapping.state import Deleted, Key, Live, State
from crossfade.parity.comparison.records import Reader, is_tombstone, mapping_version_of, version_of
from crossfade.parity.model import Cause, Comparison, Evidence, Verdict


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """The ledger's entry of a key.

    Attributes:
        version: 0 without a ledger row.
        acked: the version that the target is known to have.
        dirty_seconds: how long the key has been dirty; None while it is clean.
        parked_reason: why it is not delivered; None while it is.
        is_past_capture: whether the row was written after its last mark, or without one since the
            capture was activated.
    """

    version: int = 0
    acked: int = 0
    dirty_seconds: float | None = None
    parked_reason: str | None = None
    is_past_capture: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """All that was read about one key, in this order.

    Attributes:
        before: the ledger's entry before anything else.
        state: the row and its version in one snapshot.
        item: the target's item, read strongly consistent; tombstones too.
        version_after: the ledger's version after the item was read.
    """

    before: KeyStatus
    state: State
    item: StoredItem | None
    version_after: int


def judge(reader: Reader, observation: Observation) -> Comparison:
    """Return the verdict on a key; objects are not checked."""
    if observation.version_after != observation.state.version:
        return Comparison(observation.state.key, Verdict.RACE)
    item = None if observation.item is None or is_tombstone(observation.item) else observation.item
    match observation.state:
        case Deleted():
            return _judge_deleted(reader, observation, item)
        case Live():
            return _judge_live(reader, observation, observation.state, item)
        case _:
            assert_never(observation.state)


def foreign(reader: Reader, item: StoredItem) -> Comparison:
    """Return the verdict on an item that no mapping makes."""
    evidence = Evidence(target_version=version_of(item), mapping_version=mapping_version_of(item))
    key = Key("", reader.item_key(item))
    return Comparison(key, Verdict.DRIFT_FOREIGN, (), Cause.FOREIGN_WRITER, evidence)


def _judge_deleted(reader: Reader, observation: Observation, item: StoredItem | None) -> Comparison:
    key = observation.state.key
    if item is None:
        return _equal(observation)
    evidence = _evidence(reader, observation)
    pending = _pending(observation, evidence)
    if pending is not None:
        return Comparison(key, pending, evidence=evidence)
    known = observation.state.version > 0
    cause = Cause.LOST_DELETE if known else Cause.FOREIGN_WRITER
    return Comparison(key, Verdict.DRIFT_EXTRA, (), cause, evidence)


def _judge_live(
    reader: Reader, observation: Observation, live: Live, item: StoredItem | None
) -> Comparison:
    fields: tuple[str, ...] = ()
    if item is not None:
        fields = _differences(reader, live, item)
        if not fields:
            return _equal(observation)
    evidence = _evidence(reader, observation)
    pending = _pending(observation, evidence)
    if pending is not None:
        return Comparison(live.key, pending, fields, evidence=evidence)
    if observation.before.is_past_capture and evidence.target_version in {None, live.version}:
        verdict, cause = Verdict.DRIFT_UNCAPTURED, Cause.NOT_CAPTURED
    elif item is None:
        verdict = Verdict.DRIFT_MISSING
        cause = Cause.LOST_WRITE if live.version else Cause.NOT_BACKFILLED
    else:
        verdict, cause = _content(reader, live.version, evidence.target_version, fields)
    return Comparison(live.key, verdict, fields, cause, evidence)


def _equal(observation: Observation) -> Comparison:
    evidence = Evidence(
        source_version=observation.state.version,
        acked_version=observation.before.acked,
        target_version=None if observation.item is None else version_of(observation.item),
    )
    return Comparison(observation.state.key, Verdict.EQUAL, evidence=evidence)


def _content(
    reader: Reader, version: int, found: int | None, fields: tuple[str, ...]
) -> tuple[Verdict, Cause]:
    """Return the drift of an existing item."""
    if found is not None and found < version:
        return Verdict.DRIFT_STALE, Cause.LOST_WRITE
    if found is not None and found > version:
        return Verdict.DRIFT_DIFFERS, Cause.LEDGER_BEHIND
    if reader.pointer_fields.issuperset(fields):
        return Verdict.DRIFT_POINTER, Cause.OVERWRITTEN
    return Verdict.DRIFT_DIFFERS, Cause.OVERWRITTEN


def _pending(observation: Observation, evidence: Evidence) -> Verdict | None:
    """Return LAG or PARKED if the newest version is not delivered yet; None if it is."""
    version = observation.state.version
    if observation.before.acked >= version:
        return None
    if observation.item is not None and (evidence.target_version or 0) >= version:
        return None
    return Verdict.PARKED if observation.before.parked_reason is not None else Verdict.LAG


def _differences(reader: Reader, live: Live, item: StoredItem) -> tuple[str, ...]:
    try:
        return reader.differences(live, item)
    except Unmappable as error:
        return (error.field,)


def _evidence(reader: Reader, observation: Observation) -> Evidence:
    item = observation.item
    readable = item is not None and not is_tombstone(item)
    state = observation.state
    return Evidence(
        source_version=state.version,
        acked_version=observation.before.acked,
        target_version=None if item is None else version_of(item),
        source_digest=reader.digest_of_row(state) if isinstance(state, Live) else None,
        target_digest=reader.digest_of_item(item) if item is not None and readable else None,
        mapping_version=None if item is None else mapping_version_of(item),
    )
