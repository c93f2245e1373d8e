"""Error pages: what went wrong in words, and what to do next; nothing about others' data."""

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
    """An error as a page tells it."""

    status: int
    title: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


NOT_FOUND = Failure(
    HTTPStatus.NOT_FOUND,
    "Not here",
    "There is no such page, or it is not yours. It may have been moved or deleted.",
)
UNAVAILABLE = Failure(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Not available just now",
    "The database does not answer. Try again in a few seconds; nothing is lost.",
    {"retry-after": str(RETRY_SECONDS)},
)
BROKEN = Failure(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "That went wrong",
    "The mistake is ours and has been noted. See whether your change is there before repeating it.",
)
TITLES: Mapping[int, str] = {
    HTTPStatus.FORBIDDEN: "Not accepted",
    HTTPStatus.METHOD_NOT_ALLOWED: "Not possible here",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Not in this form",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many attempts",
}


def failure_of(error: Exception) -> Failure:
    """Return how a page tells an error."""
    match error:
        case NotFound():
            return NOT_FOUND
        case Conflict():
            return Failure(HTTPStatus.CONFLICT, "Somebody else was faster", str(error))
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
    title = TITLES.get(error.status_code, "Not possible")
    return Failure(error.status_code, title, error.detail, error.headers or {})


async def failure_page(request: Request, error: Exception) -> Response:
    """Return the page of an error; programs that missed every route of the API get its problem.

    The page knows who is signed in, where that can be asked. It carries the security headers
    itself: the page of an unforeseen error is sent past the part that adds them.
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
    """Lead somebody who is not signed in to the sign-in, and from there back."""
    address = error.address if isinstance(error, SignInNeeded) else "/sign-in"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def add_failure_pages(site: FastAPI) -> None:
    """Answer every error with a page."""
    site.add_exception_handler(SignInNeeded, lead_to_sign_in)
    for kind in (CampaignsError, HTTPException, Exception):
        site.add_exception_handler(kind, failure_page)
