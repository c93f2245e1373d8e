"""The site's pages, one module for each kind of thing; `ROUTERS` lists them all."""

from __future__ import annotations

from campaigns.web.pages import (
    campaigns,
    doors,
    profile,
    search,
    sessions,
    shares,
    tables,
    tokens,
    transcripts,
    uploads,
)

ROUTERS = (
    doors.router,
    campaigns.router,
    tables.router,
    profile.router,
    tokens.router,
    sessions.router,
    shares.router,
    search.router,
    uploads.router,
    transcripts.router,
)

__all__ = ["ROUTERS"]
