"""Error pages: what went wrong and what to do next, without data of other users."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campaigns.errors import CampaignsError, Conflict, Invalid, NotFound, Unavailable
from campaigns.web.api import API_PATH, problem_answer
from campaigns.web.context import context_of
from campaigns.web.rendering import page
from campaigns.web.visitors import SignInNeeded, visitor
from crossfade.web.security import security_headers

RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Failure:
    """The content of an error page."""

    status: int
    title: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


NOT_FOUND = Failure(
    HTTPStatus.NOT_FOUND,
    "Page not found",
    "This page does not exist, or you have no access to it. It may have been moved or deleted.",
)
UNAVAILABLE = Failure(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Temporarily unavailable",
    "The database does not answer. Try again in a few seconds; nothing was lost.",
    {"retry-after": str(RETRY_SECONDS)},
)
BROKEN = Failure(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Internal error",
    "The error was logged. Check whether your change was saved before you repeat it.",
)
TITLES: Mapping[int, str] = {
    HTTPStatus.FORBIDDEN: "Not accepted",
    HTTPStatus.METHOD_NOT_ALLOWED: "Method not allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Unsupported format",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many attempts",
}


def failure_of(error: Exception) -> Failure:
    """Return the page content for an error."""
    match error:
        case NotFound():
            return NOT_FOUND
        case Conflict():
            return Failure(HTTPStatus.CONFLICT, "Edit conflict", str(error))
        case Invalid():
            return Failure(HTTPStatus.UNPROCESSABLE_ENTITY, "Not accepted", str(error))
        case Unavailable():
            return UNAVAILABLE
        case HTTPException():
            return _failure_of_http(error)
        case _:
            return BROKEN


def _failure_of_http(error: HTTPException) -> Failure:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NOT_FOUND
    title = TITLES.get(error.status_code, "Request failed")
    return Failure(error.status_code, title, error.detail, error.headers or {})


async def failure_page(request: Request, error: Exception) -> Response:
    """Return the page of an error, or problem details for unknown routes of the API.

    The page shows the signed-in user if that can be read. It sets the security headers itself:
    the response to an unexpected error bypasses the middleware that adds them.
    """
    failure = failure_of(error)
    if request.url.path.startswith(API_PATH):
        return problem_answer(HTTPStatus(failure.status), failure.text)
    if isinstance(error, NotFound | HTTPException):
        with suppress(CampaignsError):
            await visitor(request)
    response = page(request, "failure.html.j2", status=failure.status, failure=failure)
    response.headers.update(security_headers(https=context_of(request).options.https))
    response.headers.update(failure.headers)
    return response


async def lead_to_sign_in(_request: Request, error: Exception) -> Response:
    """Redirect to the sign-in page, which leads back after sign-in."""
    address = error.address if isinstance(error, SignInNeeded) else "/sign-in"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def add_failure_pages(site: FastAPI) -> None:
    """Register the error pages."""
    site.add_exception_handler(SignInNeeded, lead_to_sign_in)
    for kind in (CampaignsError, HTTPException, Exception):
        site.add_exception_handler(kind, failure_page)
