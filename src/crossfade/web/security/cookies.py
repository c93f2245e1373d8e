"""Signed cookies: readable by the browser's owner, written by this server only."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

VALUE_CHARACTERS_MAX = 3800


@dataclass(frozen=True, slots=True)
class SignedCookie:
    """A signed cookie with an expiry time: HttpOnly, SameSite=Lax, HMAC-SHA-256.

    With `https` it is Secure and has the prefix ``__Host-``, which browsers bind to one host.

    Attributes:
        name: the cookie's name; a value signed for one name is invalid under another.
        secret: the signing key.
        seconds_max: the lifetime in seconds, enforced by the server and the browser.
        https: whether the site is reached over https only.
        clock: returns seconds since 1970.
    """

    name: str
    secret: str = field(repr=False)
    seconds_max: int
    https: bool = False
    clock: Callable[[], float] = time.time

    @property
    def key(self) -> str:
        """Return the name as sent to browsers."""
        return f"__Host-{self.name}" if self.https else self.name

    def read(self, connection: HTTPConnection) -> Any:
        """Return the value; None if the cookie is missing, forged or expired."""
        text = connection.cookies.get(self.key, "")
        if not text or len(text) > VALUE_CHARACTERS_MAX:
            return None
        try:
            until, value = self._serializer().loads(text)
        except (BadData, TypeError, ValueError):
            return None
        return value if self.clock() < until else None

    def write(self, response: Response, value: Any) -> None:
        """Set the cookie to a JSON value.

        Raises:
            ValueError: the cookie is larger than browsers accept.
        """
        text = self._serializer().dumps([int(self.clock()) + self.seconds_max, value])
        if len(text) > VALUE_CHARACTERS_MAX:
            raise ValueError(f"the cookie {self.name} has {len(text)} characters; keep less in it")
        response.set_cookie(
            self.key,
            str(text),
            max_age=self.seconds_max,
            secure=self.https,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response) -> None:
        """Delete the cookie in the browser."""
        response.delete_cookie(self.key, secure=self.https, httponly=True, samesite="lax")

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(
            self.secret,
            salt=f"cookie.{self.name}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
