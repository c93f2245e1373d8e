"""The time machine of a row: what the ledger's schema remembers, in the order of time. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crossfade.errors import Unmappable
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.mapping.object_keys import row_component
from crossfade.postgres.monitoring.details import KeyHistory
from crossfade.rendering import count, key_text, words


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a row.

    Attributes:
        link: where more stands about it; empty for nowhere.
    """

    at: datetime
    what: str
    link: str = ""


def folders(mapping: Mapping, primary_key: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the names of a row's objects begin with; none where it can have no objects."""
    try:
        component = row_component(primary_key)
    except Unmappable:
        return ()
    return tuple(f"{body.prefix}/{component}/" for body in mapping.bodies)


def moments(history: KeyHistory) -> tuple[Moment, ...]:
    """Return what happened to a row, the newest first."""
    happened = [
        *_of_keys(history),
        *_of_findings(history),
        *_of_graves(history),
        *_of_others(history),
    ]
    return tuple(sorted(happened, key=lambda one: one.at, reverse=True))


def _of_keys(history: KeyHistory) -> Iterator[Moment]:
    for known in history.keys:
        name = key_text(known.key)
        if known.dirty_since is not None:
            yield Moment(
                known.dirty_since,
                f"{name} was written; up to version {known.version} has not arrived since",
            )
        if known.unverified_since is not None:
            yield Moment(known.unverified_since, f"{name} was written, and not compared since")


def _of_findings(history: KeyHistory) -> Iterator[Moment]:
    for found in history.findings:
        link = f"/findings/{found.id}"
        fields = f" ({', '.join(found.fields)})" if found.fields else ""
        yield Moment(
            found.first_seen, f"found apart: {words(found.verdict)}{fields}, {found.cause}", link
        )
        if found.closed_at is not None:
            yield Moment(found.closed_at, f"seen equal again by {found.closed_by}", link)


def _of_graves(history: KeyHistory) -> Iterator[Moment]:
    for tombstone in history.tombstones:
        name = key_text(tombstone.key)
        yield Moment(
            tombstone.seen_at, f"{name}: a sweep saw its tombstone of version {tombstone.version}"
        )
        if tombstone.removed_at is not None:
            yield Moment(tombstone.removed_at, f"{name}: its tombstone was removed")


def _of_others(history: KeyHistory) -> Iterator[Moment]:
    for stored in history.objects:
        digest = stored.object_key.rpartition("/")[2][:12]
        size = count(stored.size_bytes)
        yield Moment(stored.uploaded_at, f"an object of {size} bytes was stored, sha256 {digest}…")
    for told in history.reveals:
        yield Moment(told.requested_at, f"{told.requested_by} asked to see its content")
