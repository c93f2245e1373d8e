"""Badges with the delivery status of a session: in both stores, on its way, or parked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from campaigns.app import App
from campaigns.mapping import SESSION
from crossfade import DeliveryStatus


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge.

    Attributes:
        text: the visible text.
        tone: the CSS class.
        title: the explanation, shown as a tooltip.
        is_moving: whether the status is expected to change soon.
    """

    text: str
    tone: str
    title: str
    is_moving: bool = False


BADGES: Mapping[DeliveryStatus, Badge | None] = {
    DeliveryStatus.IN_BOTH_STORES: Badge(
        "in both stores", "good", "The newest version is in PostgreSQL and in DynamoDB."
    ),
    DeliveryStatus.ON_ITS_WAY: Badge(
        "on its way",
        "accent",
        "Saved in PostgreSQL; the relay will deliver this version to DynamoDB shortly.",
        is_moving=True,
    ),
    DeliveryStatus.PARKED: Badge(
        "parked",
        "warn",
        "Saved in PostgreSQL; not delivered to DynamoDB until an operator unparks it.",
    ),
    DeliveryStatus.NOT_CAPTURED: None,
    DeliveryStatus.UNKNOWN: None,
}


async def badges_of(app: App, session_ids: Iterable[str]) -> Mapping[str, Badge]:
    """Return badges by session id; empty if PostgreSQL is the only store."""
    ids = list(session_ids)
    if app.delivery_status is None or not ids:
        return {}
    found = await app.delivery_status(SESSION.name, [(one,) for one in ids])
    badges = {one: BADGES[where] for one, where in zip(ids, found, strict=True)}
    return {one: badge for one, badge in badges.items() if badge is not None}
