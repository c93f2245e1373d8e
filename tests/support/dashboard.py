"""The dashboard, served on a free port, and its clients.

    async with open_dashboard(product.settings) as dashboard, dashboard.browser() as browser:
        page = await browser.get("/")

The product's settings lead to its database through its proxy, which can cut it off. A browser
keeps cookies and follows no redirects. `support.site.submit` loads a page and sends its form.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from campaigns.mapping import APPLICATION
from crossfade.settings import Settings
from crossfade.web.dashboard import Address, create_dashboard, listen, serve
from crossfade.web.dashboard.server import url_of

TOKEN = "the token of the operators"
REVEAL_TOKEN = "the token of those who may look"
STEP_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class Dashboard:
    """A dashboard that is being served.

    Attributes:
        stop: ends it when it is set.
    """

    url: str
    stop: asyncio.Event

    @asynccontextmanager
    async def browser(self, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """Open a browser without cookies."""
        given = {"timeout": STEP_SECONDS_MAX, "trust_env": False, **options}
        given["headers"] = {"accept": "text/html,*/*;q=0.8", **options.get("headers", {})}
        async with httpx.AsyncClient(base_url=self.url, **given) as browser:
            yield browser


@asynccontextmanager
async def open_dashboard(settings: Settings, **overrides: Any) -> AsyncIterator[Dashboard]:
    """Serve the dashboard with these settings, some of them overridden."""
    stop = asyncio.Event()
    app = create_dashboard(settings.model_copy(update=overrides), APPLICATION, stop)
    with listen(Address()) as listener:
        serving = asyncio.create_task(serve(app, listener, stop))
        try:
            yield Dashboard(url_of(listener), stop)
        finally:
            stop.set()
            await serving


def guarded(settings: Settings) -> Settings:
    """Return settings under which operators must sign in."""
    tokens = {"operator_token": SecretStr(TOKEN), "reveal_token": SecretStr(REVEAL_TOKEN)}
    return settings.model_copy(update=tokens)
