"""What every page works with, made once with the site."""

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
    """The site's parts.

    Attributes:
        app: the open application.
        options: the site's limits and its address.
        templates: the pages.
        passwords: hashes and compares.
        signed_in: says who is signed in, as a user's id and the fingerprint of the password.
        notices: what the next page is to say at its top.
        addresses: attempts to sign in or up by network address.
        accounts: attempts to sign in by account.
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
    """Return the parts of the site that a request came to."""
    context = request.app.state.context
    if not isinstance(context, SiteContext):
        raise TypeError("the request did not come to a site of `create_site`")
    return context


InContext = Annotated[SiteContext, Depends(context_of)]
"""A page's parameter that receives the site's parts."""
