"""Errors as responses: a page for people, a status for programs, and no row content."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from crossfade.errors import Unavailable
from crossfade.web.dashboard.context import NotSignedIn, context_of, show
from crossfade.web.security import security_headers

Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]

RETRY_AFTER_SECONDS = 5
TEXTS = {
    HTTPStatus.BAD_REQUEST: "This address has an invalid part.",
    HTTPStatus.NOT_FOUND: "There is no such page.",
}


def handlers() -> dict[int | type[Exception], Handler]:
    """Return the handlers by class of error."""
    return {
        NotSignedIn: _ask_to_sign_in,
        Unavailable: _unavailable,
        RequestValidationError: _malformed,
        HTTPException: _refused,
        Exception: _failed,
    }


async def _ask_to_sign_in(request: Request, error: NotSignedIn) -> Response:
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return _page(request, HTTPStatus.UNAUTHORIZED, str(error), {"WWW-Authenticate": "Bearer"})
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?{urlencode({'next_page': path})}", HTTPStatus.SEE_OTHER)


async def _unavailable(request: Request, error: Unavailable) -> Response:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return _page(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error), headers)


async def _malformed(request: Request, _: RequestValidationError) -> Response:
    return _page(request, HTTPStatus.BAD_REQUEST, TEXTS[HTTPStatus.BAD_REQUEST])


async def _refused(request: Request, error: HTTPException) -> Response:
    text = TEXTS.get(HTTPStatus(error.status_code), error.detail)
    return _page(request, HTTPStatus(error.status_code), text, error.headers)


async def _failed(request: Request, _: Exception) -> Response:
    text = "An error in Crossfade; the log of this process has the details."
    # Starlette sends this response outside of all middleware.
    headers = security_headers(https=context_of(request).settings.dashboard_https)
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, text, headers)


def _page(request: Request, status: HTTPStatus, text: str, headers: Any = None) -> Response:
    page = show(request, "problem.html.j2", status_code=status, heading=status.phrase, text=text)
    page.headers.update(headers or {})
    return page
