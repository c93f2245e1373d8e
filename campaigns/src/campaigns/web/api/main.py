"""The JSON API, an application of its own that the site mounts."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI

from campaigns.app import App
from campaigns.web.api import account, campaigns, people, sessions, shares, transcripts
from campaigns.web.api.problems import answer_problems, responses

API_PATH = "/api/v1"
DESCRIPTION = """Campaigns, their sessions and transcripts.

Every call needs a bearer token, which your profile's page makes. What is not yours is not found.
Errors are problem details (RFC 9457). A change names the revision that it changes; whoever was
slower than somebody else is told so and loses nothing.
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
