"""The pages: each module has a router, and the navigation says which are offered."""

from __future__ import annotations

from typing import NamedTuple

from crossfade.web.pages import health, overview, sign_in


class Link(NamedTuple):
    """A page that every page leads to."""

    path: str
    title: str


PUBLIC_PAGES = (health.router, sign_in.router)
"""Pages that ask nobody to sign in; those that need it ask themselves."""

PAGES = (overview.router,)
"""Pages for operators."""

NAVIGATION = (Link("/", "Overview"),)
