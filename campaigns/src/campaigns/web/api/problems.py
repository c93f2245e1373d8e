"""Errors as problem details. Source: RFC 9457, "Problem Details for HTTP APIs"."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from campaigns.errors import Conflict, Invalid, NotFound, Problem, Unavailable
from campaigns.inputs import problem as problem_of

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1


class FieldProblem(BaseModel):
    """One problem of the request; `kind` describes the given value without repeating it."""

    field: str
    kind: str
    remedy: str


class ProblemDetails(BaseModel):
    """The body of every response outside 2xx.

    Attributes:
        type: always ``about:blank``: the status code identifies the problem.
        title: the reason phrase of the status.
        status: the status code.
        detail: what happened and what to do about it.
        problems: the invalid fields.
        current_revision: the stored revision, if it differs from the expected one.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    problems: list[FieldProblem] | None = None
    current_revision: int | None = None


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses for the error statuses of a route."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {
        int(status): {"description": status.phrase, "content": content, "model": ProblemDetails}
        for status in statuses
    }


def answer_problems(api: FastAPI) -> None:
    """Register handlers that answer every error with problem details."""
    api.add_exception_handler(Conflict, _conflict)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Invalid, _invalid)
    api.add_exception_handler(NotFound, _not_found)
    api.add_exception_handler(RequestValidationError, _malformed)
    api.add_exception_handler(Unavailable, _unavailable)
    api.add_exception_handler(Exception, _unforeseen)


def problem_answer(
    status: HTTPStatus,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    **further: Any,
) -> JSONResponse:
    """Return a response with problem details."""
    details = ProblemDetails(title=status.phrase, status=status, detail=detail, **further)
    content = details.model_dump(exclude_none=True)
    return JSONResponse(content, status, headers=headers, media_type=MEDIA_TYPE)


def _not_accepted(*problems: Problem) -> JSONResponse:
    fields = [FieldProblem(field=one.field, kind=one.kind, remedy=one.remedy) for one in problems]
    detail = "; ".join(map(str, problems))
    return problem_answer(HTTPStatus.UNPROCESSABLE_ENTITY, detail, problems=fields)


async def _not_found(_request: Request, error: Exception) -> JSONResponse:
    return problem_answer(HTTPStatus.NOT_FOUND, str(error))


async def _conflict(_request: Request, error: Exception) -> JSONResponse:
    revision = getattr(error, "current_revision", None)
    return problem_answer(HTTPStatus.CONFLICT, str(error), current_revision=revision)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    return _not_accepted(*getattr(error, "problems", ()))


async def _malformed(_request: Request, error: Exception) -> JSONResponse:
    """Answer invalid path and query parameters, and bodies that are not JSON."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    return _not_accepted(*(problem_of(_without_source(one)) for one in found))


def _without_source(error: ErrorDetails) -> ErrorDetails:
    """Remove the first part of an error's location: the parameter's source, such as ``query``.

    For a body that is not JSON, the rest is removed too: it is a byte position, not a field.
    """
    return {**error, "loc": () if error["type"] == "json_invalid" else error["loc"][1:]}


async def _unforeseen(_request: Request, _error: Exception) -> JSONResponse:
    return problem_answer(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error; nothing was saved")


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem_answer(HTTPStatus.SERVICE_UNAVAILABLE, str(error), headers=headers)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    """Answer errors of the framework: unknown route, wrong method, missing credentials."""
    status = HTTPStatus(getattr(error, "status_code", HTTPStatus.INTERNAL_SERVER_ERROR))
    headers = getattr(error, "headers", None)
    return problem_answer(status, str(getattr(error, "detail", status.phrase)), headers=headers)
