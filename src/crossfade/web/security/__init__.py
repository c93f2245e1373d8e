"""Security parts for ASGI applications: headers, cookies, forms, limits. Independent parts."""

from __future__ import annotations

from crossfade.web.security.assets import Assets
from crossfade.web.security.body_limit import BodyEncoded, BodyLimit, BodyTooLarge
from crossfade.web.security.cookies import SignedCookie
from crossfade.web.security.csrf import (
    TOKEN_FIELD,
    TOKEN_HEADER,
    Forged,
    Visit,
    Visits,
    form_token,
    require_own_form,
)
from crossfade.web.security.headers import SecurityHeaders, security_headers
from crossfade.web.security.rate_limit import Rate, RateLimiter, TooMany, address_of
from crossfade.web.security.redirects import safe_next

__all__ = [
    "TOKEN_FIELD",
    "TOKEN_HEADER",
    "Assets",
    "BodyEncoded",
    "BodyLimit",
    "BodyTooLarge",
    "Forged",
    "Rate",
    "RateLimiter",
    "SecurityHeaders",
    "SignedCookie",
    "TooMany",
    "Visit",
    "Visits",
    "address_of",
    "form_token",
    "require_own_form",
    "safe_next",
    "security_headers",
]
