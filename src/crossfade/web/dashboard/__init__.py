"""The dashboard for operators. It reads the ledger's schema only, never the stores."""

from __future__ import annotations

from crossfade.web.dashboard.app import create_dashboard
from crossfade.web.dashboard.server import Address, listen, serve, serve_dashboard, url_of

__all__ = ["Address", "create_dashboard", "listen", "serve", "serve_dashboard", "url_of"]
