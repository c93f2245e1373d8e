"""The routers of the pages, and the navigation."""

from __future__ import annotations

from typing import NamedTuple

from crossfade.web.dashboard.pages import (
    backfill,
    findings,
    gates,
    health,
    keys,
    overview,
    parity,
    requests,
    sign_in,
)


class Link(NamedTuple):
    """A link of the navigation."""

    path: str
    title: str


PUBLIC_PAGES = (health.router, sign_in.router)
"""Pages without sign-in, except routes that require it themselves."""

PAGES = (
    overview.router,
    parity.router,
    findings.router,
    keys.router,
    gates.router,
    backfill.router,
    requests.router,
)
"""Pages that require sign-in."""

NAVIGATION = (
    Link("/", "Overview"),
    Link("/parity", "Parity"),
    Link("/findings", "Findings"),
    Link("/keys", "Keys"),
    Link("/gates", "Gates"),
    Link("/backfill", "Backfill"),
    Link("/actions", "Actions"),
)
