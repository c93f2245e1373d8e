"""The site's pages, one module for each kind of thing; `ROUTERS` lists them all."""

from __future__ import annotations

from campaigns.web.pages import campaigns, doors, profile, tables, tokens

ROUTERS = (
    doors.router,
    campaigns.router,
    tables.router,
    profile.router,
    tokens.router,
)

__all__ = ["ROUTERS"]
