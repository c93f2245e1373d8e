"""The context that every page uses, created once with the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from jinja2 import Environment
from starlette.requests import Request

from campaigns.app import App
from campaigns.passwords import Passwords
from campaigns.web.options import SiteOptions
from crossfade.web.security import RateLimiter, SignedCookie


@dataclass(frozen=True, slots=True)
class SiteContext:
    """The shared objects of the site.

    Attributes:
        app: the open application.
        options: the site's limits and address.
        templates: the page templates.
        passwords: hashes and verifies passwords.
        signed_in: cookie with the user's id and the fingerprint of the password hash.
        notices: cookie with the notices that the next page shows.
        addresses: rate limit of attempts to sign in or sign up, by network address.
        accounts: rate limit of attempts to sign in, by email address.
    """

    app: App
    options: SiteOptions
    templates: Environment
    passwords: Passwords
    signed_in: SignedCookie
    notices: SignedCookie
    addresses: RateLimiter
    accounts: RateLimiter


def context_of(request: Request) -> SiteContext:
    """Return the context of the site that serves a request.

    Raises:
        TypeError: the request is not served by a site of `create_site`.
    """
    context = request.app.state.context
    if not isinstance(context, SiteContext):
        raise TypeError("the request is not served by a site of `create_site`")
    return context


InContext = Annotated[SiteContext, Depends(context_of)]
"""A route parameter that receives the site's context."""
