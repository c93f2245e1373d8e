"""The site: pages, static files, limits and error pages in one ASGI application."""

from __future__ import annotations

from pathlib import Path

from fastapi import Depends, FastAPI

from campaigns.app import App
from campaigns.passwords import Passwords
from campaigns.web.api import API_PATH, create_api
from campaigns.web.context import SiteContext
from campaigns.web.failures import add_failure_pages
from campaigns.web.options import SiteOptions
from campaigns.web.pages import ROUTERS
from campaigns.web.rendering import template_environment
from campaigns.web.visitors import own_forms
from crossfade.web.security import (
    Assets,
    BodyLimit,
    RateLimiter,
    SecurityHeaders,
    SignedCookie,
    Visits,
)

STATIC = Path(__file__).parent / "static"


def create_site(app: App, options: SiteOptions) -> FastAPI:
    """Return the site as an ASGI application.

    Each request passes, outermost first: security headers, visit cookie, body size limit; then,
    for pages, the check of the form token.

    Args:
        app: the open application; the caller closes it.
        options: the site's limits and address.
    """
    assets = Assets(STATIC)
    site = FastAPI(title="Campaigns", docs_url=None, redoc_url=None, openapi_url=None)
    site.state.context = create_context(app, options, assets)
    site.router.routes.append(assets.route())
    for router in ROUTERS:
        site.include_router(router, dependencies=[Depends(own_forms)], include_in_schema=False)
    site.mount(API_PATH, create_api(app))
    add_failure_pages(site)
    site.add_middleware(BodyLimit, bytes_max=options.body_bytes_max)
    site.add_middleware(Visits, cookie=_cookie(options, "visit"))
    site.add_middleware(SecurityHeaders, https=options.https)
    return site


def create_context(app: App, options: SiteOptions, assets: Assets) -> SiteContext:
    """Return the context of the pages."""
    return SiteContext(
        app=app,
        options=options,
        templates=template_environment(assets.url),
        passwords=Passwords(options.password_kib),
        signed_in=_cookie(options, "signed_in"),
        notices=_cookie(options, "notices"),
        addresses=RateLimiter(options.address_rate),
        accounts=RateLimiter(options.account_rate),
    )


def _cookie(options: SiteOptions, name: str) -> SignedCookie:
    return SignedCookie(
        name,
        secret=options.secret,
        seconds_max=options.signed_in_seconds_max,
        https=options.https,
        clock=options.clock,
    )
