"""The pages: each module has a router, and the navigation says which are offered."""

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
    """A page that every page leads to."""

    path: str
    title: str


PUBLIC_PAGES = (health.router, sign_in.router)
"""Pages that ask nobody to sign in; those that need it ask themselves."""

PAGES = (
    overview.router,
    parity.router,
    findings.router,
    keys.router,
    gates.router,
    backfill.router,
    requests.router,
)
"""Pages for operators."""

NAVIGATION = (
    Link("/", "Overview"),
    Link("/parity", "Parity"),
    Link("/findings", "Findings"),
    Link("/keys", "Keys"),
    Link("/gates", "Gates"),
    Link("/backfill", "Backfill"),
    Link("/actions", "Actions"),
)
