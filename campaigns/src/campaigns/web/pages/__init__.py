"""The site's pages, one module per subject; `ROUTERS` lists their routers."""

from __future__ import annotations

from campaigns.web.pages import (
    accounts,
    campaigns,
    members,
    profile,
    search,
    sessions,
    shares,
    tokens,
    transcripts,
    uploads,
)

ROUTERS = (
    accounts.router,
    campaigns.router,
    members.router,
    profile.router,
    tokens.router,
    sessions.router,
    shares.router,
    search.router,
    uploads.router,
    transcripts.router,
)

__all__ = ["ROUTERS"]
