"""The history of a row as recorded in the ledger's schema. Pure."""

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
    """An event in a row's history.

    Attributes:
        link: the path of a page with details; empty for none.
    """

    at: datetime
    text: str
    link: str = ""


def folders(mapping: Mapping, primary_key: tuple[str, ...]) -> tuple[str, ...]:
    """Return the prefixes of a row's object keys; empty if it can have no objects."""
    try:
        component = row_component(primary_key)
    except Unmappable:
        return ()
    return tuple(f"{body.prefix}/{component}/" for body in mapping.bodies)


def moments(history: KeyHistory) -> tuple[Moment, ...]:
    """Return the events in a row's history, newest first."""
    events = [
        *_of_keys(history),
        *_of_findings(history),
        *_of_tombstones(history),
        *_of_objects(history),
        *_of_reveals(history),
    ]
    return tuple(sorted(events, key=lambda one: one.at, reverse=True))


def _of_keys(history: KeyHistory) -> Iterator[Moment]:
    for known in history.keys:
        name = key_text(known.key)
        if known.dirty_since is not None:
            yield Moment(
                known.dirty_since,
                f"{name} was written; its version {known.version} is not delivered yet",
            )
        if known.unverified_since is not None:
            yield Moment(
                known.unverified_since, f"{name} was written and has not been compared since"
            )


def _of_findings(history: KeyHistory) -> Iterator[Moment]:
    for found in history.findings:
        link = f"/findings/{found.id}"
        fields = f" ({', '.join(found.fields)})" if found.fields else ""
        text = f"a finding was opened: {words(found.verdict)}{fields}, {found.cause}"
        yield Moment(found.first_seen, text, link)
        if found.closed_at is not None:
            yield Moment(found.closed_at, f"the finding was closed by {found.closed_by}", link)


def _of_tombstones(history: KeyHistory) -> Iterator[Moment]:
    for tombstone in history.tombstones:
        name = key_text(tombstone.key)
        yield Moment(
            tombstone.seen_at, f"{name}: a sweep noted its tombstone of version {tombstone.version}"
        )
        if tombstone.removed_at is not None:
            yield Moment(tombstone.removed_at, f"{name}: its tombstone was removed")


def _of_objects(history: KeyHistory) -> Iterator[Moment]:
    for stored in history.objects:
        digest = stored.object_key.rpartition("/")[2][:12]
        size = count(stored.size_bytes)
        yield Moment(stored.uploaded_at, f"an object of {size} bytes was stored, sha256 {digest}…")


def _of_reveals(history: KeyHistory) -> Iterator[Moment]:
    for reveal in history.reveals:
        yield Moment(reveal.requested_at, f"{reveal.requested_by} asked to see its content")
