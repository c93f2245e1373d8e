"""Limit the size of request bodies."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNCOMPRESSED = frozenset({"", "identity"})


class BodyTooLarge(HTTPException):
    """A request's body exceeds its limit; the rest was not read."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {bytes_max:,} bytes are accepted."
        )
        self.bytes_max = bytes_max


class BodyEncoded(HTTPException):
    """A request's body is compressed, so its size is unknown."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the content uncompressed.")


class BodyLimit:
    """ASGI middleware that refuses a body as soon as it is too large.

    The limit applies to the bytes received, not only to the announced length. The error is raised
    where the body is read, so that the application answers it like any other error.
    """

    def __init__(self, app: ASGIApp, *, bytes_max: Callable[[str], int]) -> None:
        """Limit the bodies of an application.

        Args:
            app: the application.
            bytes_max: returns the limit of a path.
        """
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        bytes_max = self._bytes_max(scope["path"])
        announced = headers.get("content-length", "")
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            if headers.get("content-encoding", "").lower() not in UNCOMPRESSED:
                raise BodyEncoded
            if announced.isdecimal() and int(announced) > bytes_max:
                raise BodyTooLarge(bytes_max)
            message = await receive()
            read += len(message.get("body", b""))
            if read > bytes_max:
                raise BodyTooLarge(bytes_max)
            return message

        await self._app(scope, receive_some, send)
