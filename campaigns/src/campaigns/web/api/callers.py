"""Who calls: a bearer token leads to its user. Source: RFC 6750, section 2.1."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from campaigns import actions
from campaigns.app import App

bearer = HTTPBearer(auto_error=False, description="A token from your profile's page.")


def served_app(request: Request) -> App:
    """Return the application that is served."""
    app: App = request.app.state.campaigns
    return app


ServedApp = Annotated[App, Depends(served_app)]


async def caller_id(
    app: ServedApp, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> str:
    """Return the id of the token's user.

    Raises:
        HTTPException: there is no token, or nobody has it: 401.
    """
    user = credentials and await actions.user_of_token(app, credentials.credentials)
    if not user:
        raise HTTPException(
            HTTPStatus.UNAUTHORIZED,
            "no valid token; make one on your profile's page and send it as a bearer token",
            {"WWW-Authenticate": "Bearer"},
        )
    return user.id


CallerId = Annotated[str, Depends(caller_id)]
