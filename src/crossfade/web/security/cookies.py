"""Cookies that only this server can have written."""

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
    """A signed cookie: readable by its owner, written by the server, sent back to it alone.

    Out of reach of scripts, not sent along by other sites' forms. Over https it carries the prefix
    that browsers bind to one host and to https.

    Attributes:
        name: the cookie's name; a value signed for one name is worth nothing under another.
        secret: what signs.
        seconds_max: how long it is accepted; the browser forgets it then too.
        https: whether people reach the site by https only.
        clock: seconds since 1970.
    """

    name: str
    secret: str = field(repr=False)
    seconds_max: int
    https: bool = False
    clock: Callable[[], float] = time.time

    @property
    def key(self) -> str:
        """The name as browsers see it."""
        return f"__Host-{self.name}" if self.https else self.name

    def read(self, connection: HTTPConnection) -> Any:
        """Return what was written; None when it is missing, forged or too old."""
        text = connection.cookies.get(self.key, "")
        if not text or len(text) > VALUE_CHARACTERS_MAX:
            return None
        try:
            until, value = self._serializer().loads(text)
        except (BadData, TypeError, ValueError):
            return None
        return value if self.clock() < until else None

    def write(self, response: Response, value: Any) -> None:
        """Set the cookie to a value that JSON can hold.

        Raises:
            ValueError: browsers would drop a cookie of this size.
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
        """Make the browser forget the cookie."""
        response.delete_cookie(self.key, secure=self.https, httponly=True, samesite="lax")

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(
            self.secret,
            salt=f"cookie.{self.name}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
