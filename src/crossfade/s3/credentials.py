"""The standard AWS credential chain, in the form obstore asks for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import NotRequired, TypedDict

from botocore.credentials import Credentials
from botocore.session import Session

from crossfade.errors import AccessDenied
from crossfade.s3.config import Keys

# botocore renews temporary credentials so that those it hands out are good for 10 more minutes.
# Source: botocore.credentials.RefreshableCredentials, mandatory refresh timeout.
FRESH = timedelta(minutes=10)


class Credential(TypedDict):
    """What obstore signs requests with."""

    access_key_id: str
    secret_access_key: str
    token: NotRequired[str | None]
    expires_at: datetime | None


class CredentialChain:
    """Environment, shared files, container or instance role; renewed before they expire."""

    def __init__(self) -> None:
        self._found: Credentials | None = None

    async def __call__(self) -> Credential:
        """Return credentials that are good for the next 10 minutes.

        Raises:
            AccessDenied: the chain has none.
        """
        return await asyncio.to_thread(self._read)

    def _read(self) -> Credential:
        expires_at = datetime.now(UTC) + FRESH
        self._found = self._found or Session().get_credentials()
        if self._found is None:
            raise AccessDenied("no AWS credentials found; set AWS_PROFILE, a role or access keys")
        frozen = self._found.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": expires_at,
        }


class StaticCredentials:
    """Credentials that never change."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def __call__(self) -> Credential:
        """Return them."""
        return {
            "access_key_id": self._keys.access_key_id,
            "secret_access_key": self._keys.secret_access_key,
            "token": self._keys.session_token,
            "expires_at": None,
        }


def provider(keys: Keys | None) -> CredentialChain | StaticCredentials:
    """Return the given credentials, or else the standard chain."""
    return CredentialChain() if keys is None else StaticCredentials(keys)
