"""AWS credentials in the form that obstore requires."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import NotRequired, TypedDict

from crossfade.aws.credentials import RENEWAL_SECONDS, Keys, provider_of


class Credential(TypedDict):
    """What obstore signs requests with; obstore asks for another one at `expires_at`."""

    access_key_id: str
    secret_access_key: str
    token: NotRequired[str | None]
    expires_at: datetime | None


class CredentialProvider:
    """Returns explicit keys, or those of the standard chain, to obstore.

    Args:
        keys: explicit keys; those of the chain unless given.
    """

    def __init__(self, keys: Keys | None) -> None:
        self._provider = provider_of(keys)
        self._is_renewable = keys is None

    async def __call__(self) -> Credential:
        """Return a credential; that of the chain expires early enough to be renewed in time.

        Raises:
            AccessDenied: the chain has no keys, or one of its providers failed.
        """
        expires_at = datetime.now(UTC) + timedelta(seconds=RENEWAL_SECONDS)
        keys = await asyncio.to_thread(self._provider.load)
        return {
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key,
            "token": keys.session_token,
            "expires_at": expires_at if self._is_renewable else None,
        }
