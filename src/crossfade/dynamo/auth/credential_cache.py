"""The keys of one client, loaded off its event loop and renewed before they expire."""

from __future__ import annotations

import asyncio
import time

from crossfade.aws.credentials import Keys, Provider

RENEW_AHEAD_SECONDS = 300
RENEWAL_PAUSE_SECONDS = 5.0


class CredentialCache:
    """Caches a provider's keys, so that signing a request never waits for a renewal.

    Loads run in a thread; callers that wait at the same time share one load. Keys that expire
    within `RENEW_AHEAD_SECONDS` stay in use while newer ones are loaded, at most once every
    `RENEWAL_PAUSE_SECONDS`. Belongs to one event loop.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._keys: Keys | None = None
        self._renewal: asyncio.Task[Keys] | None = None
        self._next_renewal = 0.0

    async def keys(self) -> Keys:
        """Return valid keys; wait only when the cache has none.

        Raises:
            AccessDenied: the provider has none.
        """
        if self._keys is None or self._provider.expires_within(0):
            return await asyncio.shield(self._renew())
        if self._provider.expires_within(RENEW_AHEAD_SECONDS) and self._may_renew():
            self._renew()
        return self._keys

    def forget(self, refused: Keys) -> None:
        """Discard keys that DynamoDB refused, unless newer ones have replaced them."""
        if self._keys is refused:
            self._keys = None
            self._provider.forget()

    async def close(self) -> None:
        """Cancel a renewal in progress."""
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
        self._keys = await asyncio.to_thread(self._provider.load)
        return self._keys

    def _renewed(self, task: asyncio.Task[Keys]) -> None:
        self._renewal = None
        if not task.cancelled():
            # Marks the exception as retrieved: callers that wait receive it through `shield`, and
            # a failed renewal ahead of time is tried again.
            task.exception()
