"""Signing a client's requests with the current time and the current keys."""

from __future__ import annotations

import asyncio
import time

from crossfade.aws.credentials import Keys
from crossfade.dynamo.auth.credential_cache import CredentialCache
from crossfade.dynamo.auth.sigv4 import Signer, SignHead, Timestamp
from crossfade.errors import Unreachable


class RequestSigner:
    """Reads clock and keys once per second, and caches one `SignHead` per operation meanwhile.

    Args:
        credentials: the keys to sign with.
        region: the AWS region.
        host: the ``Host`` header of the requests.
    """

    __slots__ = (
        "_credentials",
        "_host",
        "_iso",
        "_keys",
        "_prepared",
        "_region",
        "_second",
        "_signer",
    )

    def __init__(self, credentials: CredentialCache, region: str, host: str) -> None:
        self._credentials = credentials
        self._region = region
        self._host = host
        self._second = 0
        self._iso = ""
        self._prepared: dict[str, SignHead] = {}
        self._keys: Keys | None = None
        self._signer: Signer | None = None

    def prepared(self, operation: str) -> SignHead | None:
        """Return the signing function of an operation; None: call `prepare` first."""
        return self._prepared.get(operation) if int(time.time()) == self._second else None

    async def prepare(self, operation: str, deadline: float) -> SignHead:
        """Return an operation's signing function for the current second.

        Args:
            operation: DynamoDB's name, such as ``PutItem``.
            deadline: when to stop waiting for keys, in the event loop's time.

        Raises:
            AccessDenied: the chain has no keys.
            Unreachable: the deadline passed before the chain yielded keys; nothing was sent.
        """
        if self._signer is None or int(time.time()) != self._second:
            self._signer = await self._renewed(deadline)
        sign = self._prepared[operation] = self._signer.prepare(self._iso, operation)
        return sign

    def forget(self) -> None:
        """Discard the keys: DynamoDB reported them as expired."""
        if self._keys is not None:
            self._credentials.forget(self._keys)
            self._keys = self._signer = None
            self._prepared.clear()

    async def close(self) -> None:
        """Cancel a renewal in progress."""
        await self._credentials.close()

    async def _renewed(self, deadline: float) -> Signer:
        try:
            async with asyncio.timeout_at(deadline):
                keys = await self._credentials.keys()
        except TimeoutError:
            raise Unreachable(
                "the credential chain yielded no keys in time; nothing was sent"
            ) from None
        second = int(time.time())
        timestamp = Timestamp.of(second)
        signer = self._signer
        if signer is None or keys is not self._keys or timestamp.date != signer.date:
            signer = Signer(keys, self._region, self._host, timestamp.date)
        self._keys, self._signer = keys, signer
        self._second, self._iso = second, timestamp.iso
        self._prepared.clear()
        return signer
