"""Credentials of the standard AWS chain, renewed off the event loop before they expire."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol

import botocore.session
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError

from crossfade.dynamo.auth.sigv4 import Keys
from crossfade.dynamo.config import Config
from crossfade.errors import AccessDenied

RENEW_AHEAD_SECONDS = 300
RENEWAL_PAUSE_SECONDS = 5.0
# What the providers of the chain raise: their own errors, a role's refusal, a failed or talkative
# credential process.
CHAIN_ERRORS = (BotoCoreError, ClientError, OSError, RuntimeError, ValueError)


class Source(Protocol):
    """Where keys come from."""

    def load(self) -> Keys:
        """Return valid keys; may block, raises AccessDenied when there are none."""

    def expires_within(self, seconds: int) -> bool:
        """Tell whether the keys last loaded expire within this time; never blocks."""

    def forget(self) -> None:
        """Look again from the start at the next load: the store refused what was loaded last."""


class FixedSource:
    """Explicit keys that never change."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def load(self) -> Keys:
        """Return the keys."""
        return self._keys

    def expires_within(self, seconds: int) -> bool:
        """Return False: there is nothing newer to load."""
        del seconds
        return False

    def forget(self) -> None:
        """Do nothing: there is nothing newer to load."""


class ChainSource:
    """botocore's chain: environment, profiles, SSO, web identity, container and instance roles."""

    def __init__(self, profile: str | None = None) -> None:
        self._profile = profile
        self._credentials: Any = None

    def load(self) -> Keys:
        """Return the chain's keys, renewed where it deems it time; blocks."""
        try:
            if self._credentials is None:
                self._credentials = botocore.session.Session(
                    profile=self._profile
                ).get_credentials()
            if self._credentials is None:
                raise AccessDenied(
                    "no AWS credentials found; set AWS_PROFILE, AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY, or run under a role"
                )
            found = self._credentials.get_frozen_credentials()
        except CHAIN_ERRORS as error:
            raise AccessDenied(
                f"the credential chain failed with {type(error).__name__}; "
                "check the profile or the role"
            ) from None
        return Keys(found.access_key, found.secret_key, found.token)

    def expires_within(self, seconds: int) -> bool:
        """Tell whether the keys are temporary and expire within this time."""
        credentials = self._credentials
        return isinstance(credentials, RefreshableCredentials) and bool(
            credentials.refresh_needed(refresh_in=seconds)
        )

    def forget(self) -> None:
        """Resolve the whole chain anew at the next load."""
        self._credentials = None


def source_of(config: Config) -> Source:
    """Return the explicit keys of a configuration, or the chain."""
    if config.access_key is None or config.secret_key is None:
        return ChainSource(config.profile)
    return FixedSource(Keys(config.access_key, config.secret_key, config.session_token))


class KeyRing:
    """Keeps valid keys at hand: loads in a thread, ahead of time, once for all who wait."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._keys: Keys | None = None
        self._renewal: asyncio.Task[Keys] | None = None
        self._next_renewal = 0.0

    async def keys(self) -> Keys:
        """Return valid keys; waits only when there are none.

        Raises:
            AccessDenied: the source has none.
        """
        if self._keys is None or self._source.expires_within(0):
            return await asyncio.shield(self._renew())
        if self._source.expires_within(RENEW_AHEAD_SECONDS) and self._may_renew():
            self._renew()
        return self._keys

    def forget(self, refused: Keys) -> None:
        """Drop these keys, unless newer ones came in the meantime."""
        if self._keys is refused:
            self._keys = None
            self._source.forget()

    async def close(self) -> None:
        """End a renewal under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])

    def _may_renew(self) -> bool:
        now = time.monotonic()
        if now < self._next_renewal:
            return False
        self._next_renewal = now + RENEWAL_PAUSE_SECONDS
        return True

    def _renew(self) -> asyncio.Task[Keys]:
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._load())
            self._renewal.add_done_callback(self._renewed)
        return self._renewal

    async def _load(self) -> Keys:
        self._keys = await asyncio.to_thread(self._source.load)
        return self._keys

    def _renewed(self, task: asyncio.Task[Keys]) -> None:
        self._renewal = None
        if not task.cancelled():
            task.exception()  # seen: whoever waits gets it, a renewal ahead of time is tried again
