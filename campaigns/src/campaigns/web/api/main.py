"""The JSON API, an ASGI application that the site mounts."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI

from campaigns.app import App
from campaigns.web.api import account, campaigns, people, sessions, shares, transcripts
from campaigns.web.api.problems import answer_problems, responses

API_PATH = "/api/v1"
DESCRIPTION = """Campaigns, their sessions and transcripts.

Every call except of a shared recap needs a bearer token; create one on your profile page. Records
of other users are answered with 404. Errors are problem details (RFC 9457). A change carries the
revision that it was made for; if the record has changed since, the response is 409 and nothing is
saved.
"""


def create_api(app: App) -> FastAPI:
    """Return the API of an application."""
    api = FastAPI(
        title="Campaigns",
        version="1",
        description=DESCRIPTION,
        responses=responses(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.UNAUTHORIZED,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
        docs_url=None,
        redoc_url=None,
    )
    api.state.campaigns = app
    answer_problems(api)
    for part in (account, campaigns, people, sessions, transcripts, shares):
        api.include_router(part.router)
    return api
