"""Security headers of every response."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HSTS_SECONDS = 365 * 24 * 60 * 60
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


def security_headers(*, https: bool) -> dict[str, str]:
    """Return the security headers of a response.

    Scripts and styles are loaded from the same origin; inline ones are blocked. Pages are not
    cached, so a page cannot be viewed again after signing out.

    Args:
        https: whether the site is reached over https only.
    """
    headers = {
        "cache-control": "no-store",
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": PERMISSIONS,
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    if https:
        headers["strict-transport-security"] = f"max-age={HSTS_SECONDS}"
    return headers


class SecurityHeaders:
    """ASGI middleware that adds `security_headers` to each response that does not set them."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = security_headers(https=https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    present.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
