"""Assemble the dashboard's ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.middleware.trustedhost import TrustedHostMiddleware

from crossfade.mapping.application import Application
from crossfade.postgres import PoolOptions, open_pool
from crossfade.rendering import FILTERS
from crossfade.settings import Settings
from crossfade.web.dashboard.context import DashboardContext, operator
from crossfade.web.dashboard.error_pages import handlers
from crossfade.web.dashboard.pages import NAVIGATION, PAGES, PUBLIC_PAGES
from crossfade.web.dashboard.snapshot import SnapshotReader
from crossfade.web.dashboard.sse import SnapshotStream
from crossfade.web.dashboard.tokens import tokens_of
from crossfade.web.security import (
    Assets,
    BodyLimit,
    Rate,
    RateLimiter,
    SecurityHeaders,
    SignedCookie,
    Visits,
)

BODY_BYTES_MAX = 64 * 1024
SIGNED_IN_SECONDS = 12 * 60 * 60
VISIT_SECONDS = 30 * 24 * 60 * 60
SIGN_INS = Rate(attempts_max=5, seconds=60)
LOOPBACK_NAMES = ["127.0.0.1", "localhost", "::1", "[::1]"]
"""The only host names accepted without an operator token, against DNS rebinding: a name of another
site that resolves to 127.0.0.1 would make the dashboard same-origin with that site."""
POOL = PoolOptions(connections_max=4, statement_seconds=20, must_answer=False)
"""Few connections and a statement timeout, so that the dashboard does not slow the migration."""


def create_dashboard(
    settings: Settings, application: Application, stop: asyncio.Event | None = None
) -> FastAPI:
    """Return the dashboard. It connects at startup, but starts without a reachable database.

    Args:
        settings: from `crossfade.load_settings`, or constructed.
        application: the application whose migration is shown.
        stop: ends live pages when it is set; the shutdown sets it too.

    Raises:
        ConfigurationError: no database is configured, or a token is invalid.
    """
    ending = stop or asyncio.Event()
    tokens = tokens_of(settings)
    secret = tokens.signing_key()
    dsn = settings.dsn
    assets = Assets(Path(__file__).parent / "static")
    templates = _templates(assets)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_pool(dsn, POOL) as pool:
            live = SnapshotStream(SnapshotReader(pool, settings.thresholds).read, ending)
            app.state.context = DashboardContext(
                settings=settings,
                application=application,
                pool=pool,
                templates=templates,
                tokens=tokens,
                secret=secret,
                cookie=_cookie("cf_operator", SIGNED_IN_SECONDS, secret, settings),
                attempts=RateLimiter(SIGN_INS),
                live=live,
                stop=ending,
            )
            yield
            ending.set()
            await live.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None, exception_handlers=handlers())
    for router in PUBLIC_PAGES:
        app.include_router(router)
    for router in PAGES:
        app.include_router(router, dependencies=[Depends(operator)])
    app.router.routes.append(assets.route())
    app.add_middleware(BodyLimit, bytes_max=lambda _: BODY_BYTES_MAX)
    app.add_middleware(Visits, cookie=_cookie("cf_visit", VISIT_SECONDS, secret, settings))
    if tokens.is_open:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES)
    app.add_middleware(SecurityHeaders, https=settings.dashboard_https)
    return app


def _cookie(name: str, seconds_max: int, secret: str, settings: Settings) -> SignedCookie:
    return SignedCookie(name, secret, seconds_max, https=settings.dashboard_https)


def _templates(assets: Assets) -> Environment:
    templates = Environment(
        loader=PackageLoader("crossfade.web.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= FILTERS
    templates.globals |= {"asset": assets.url, "navigation": NAVIGATION}
    return templates
