"""Protection of forms against cross-site request forgery: OWASP's HMAC-based token pattern.

Every visit has a random name in a signed cookie. A form's token is the HMAC-SHA-256 of that name
and the signed-in identity, so signing in or out invalidates earlier tokens.

Source: OWASP, "Cross-Site Request Forgery Prevention Cheat Sheet".
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossfade.web.security.cookies import SignedCookie

TOKEN_FIELD = "csrf_token"  # noqa: S105 - the field's name
TOKEN_HEADER = "x-csrf-token"  # noqa: S105 - the header's name
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OWN_SITES = frozenset({"same-origin", "none"})
FORM_FIELDS_MAX = 200
FORM_FILES_MAX = 10
# `BodyLimit` limits the whole body before its parts are parsed.
FORM_PART_BYTES_MAX = 64 * 1024 * 1024
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class Forged(HTTPException):
    """A form's token is missing or invalid, or another site sent the form."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.FORBIDDEN, "The form is out of date; load its page again.")


class Visit:
    """One browser's visit; its name is created, and the cookie set, when first used."""

    def __init__(self, name: str | None) -> None:
        self._name = name
        self.is_new = False

    @property
    def name(self) -> str:
        """Return the visit's random name, creating it if the browser has none."""
        if self._name is None:
            self._name = secrets.token_urlsafe(18)
            self.is_new = True
        return self._name


class Visits:
    """ASGI middleware that adds a `Visit` to each request, and sets the cookie of new visits."""

    def __init__(self, app: ASGIApp, *, cookie: SignedCookie) -> None:
        self._app = app
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = self._cookie.read(HTTPConnection(scope))
        visit = Visit(name if isinstance(name, str) else None)
        scope.setdefault("state", {})["visit"] = visit

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and visit.is_new:
                carrier = Response()
                self._cookie.write(carrier, visit.name)
                MutableHeaders(scope=message).append("set-cookie", carrier.headers["set-cookie"])
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def form_token(secret: str, request: HTTPConnection, identity: str) -> str:
    """Return the token for the forms of a page, 64 hexadecimal characters.

    Args:
        secret: the server's key.
        request: a request that passed `Visits`.
        identity: the signed-in identity; empty if nobody is signed in.
    """
    visit: Visit = request.state.visit
    text = f"form {len(visit.name)} {visit.name} {identity}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


async def require_own_form(secret: str, request: Request, identity: str) -> None:
    """Accept safe methods, and other methods only with a valid token of this visit.

    The token is read from the header `X-CSRF-Token` or the form's field `csrf_token`. The parsed
    form stays open for the page to read; the caller closes the request.

    Raises:
        Forged: the token is missing or invalid, or `Sec-Fetch-Site` names another site.
    """
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("sec-fetch-site", "none") not in OWN_SITES:
        raise Forged
    given = request.headers.get(TOKEN_HEADER) or await _field(request)
    expected = form_token(secret, request, identity)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forged


async def _field(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(FORM_TYPES):
        return ""
    form = await request.form(
        max_files=FORM_FILES_MAX,
        max_fields=FORM_FIELDS_MAX,
        max_part_size=FORM_PART_BYTES_MAX,
    )
    value = form.get(TOKEN_FIELD)
    return value if isinstance(value, str) else ""
