"""Authentication of API requests by bearer token. Source: RFC 6750, section 2.1."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from campaigns import actions
from campaigns.app import App

bearer = HTTPBearer(auto_error=False, description="An API token from your profile page.")


def served_app(request: Request) -> App:
    """Return the application that a request is served from."""
    app: App = request.app.state.campaigns
    return app


ServedApp = Annotated[App, Depends(served_app)]


async def caller_id(
    app: ServedApp, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> str:
    """Return the id of the user whom the bearer token belongs to.

    Raises:
        HTTPException: the token is missing or invalid: 401.
    """
    user = credentials and await actions.user_of_token(app, credentials.credentials)
    if not user:
        raise HTTPException(
            HTTPStatus.UNAUTHORIZED,
            "no valid token; create one on your profile page and send it as a bearer token",
            {"WWW-Authenticate": "Bearer"},
        )
    return user.id


CallerId = Annotated[str, Depends(caller_id)]
