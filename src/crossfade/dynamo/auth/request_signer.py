"""Signs a client's requests; keeps up with the clock and with new credentials."""

from __future__ import annotations

import asyncio
import time

from crossfade.dynamo.auth.credentials import KeyRing
from crossfade.dynamo.auth.sigv4 import Head, Keys, Signer, Stamp
from crossfade.errors import Unreachable


class Authentication:
    """Looks at clock and credentials once per second; signing in between is plain computation."""

    __slots__ = ("_forms", "_host", "_keys", "_moment", "_region", "_ring", "_second", "_signer")

    def __init__(self, ring: KeyRing, region: str, host: str) -> None:
        self._ring = ring
        self._region = region
        self._host = host
        self._second = 0
        self._moment = ""
        self._forms: dict[str, Head] = {}
        self._keys: Keys | None = None
        self._signer: Signer | None = None

    def form(self, operation: str) -> Head | None:
        """Return what signs an operation's requests now; None: call `turn` first."""
        return self._forms.get(operation) if int(time.time()) == self._second else None

    async def turn(self, operation: str, deadline: float) -> Head:
        """Return what signs an operation's requests of this second.

        Raises:
            AccessDenied: there are no credentials.
            Unreachable: none came by the deadline.
        """
        if self._signer is None or int(time.time()) != self._second:
            self._signer = await self._renewed(deadline)
        form = self._forms[operation] = self._signer.form(self._moment, operation)
        return form

    def forget(self) -> None:
        """Drop the keys: the store called them expired."""
        if self._keys is not None:
            self._ring.forget(self._keys)
            self._keys = self._signer = None
            self._forms.clear()

    async def close(self) -> None:
        """End a renewal under way."""
        await self._ring.close()

    async def _renewed(self, deadline: float) -> Signer:
        try:
            async with asyncio.timeout_at(deadline):
                keys = await self._ring.keys()
        except TimeoutError:
            raise Unreachable(
                "the credential chain gave no answer in time; nothing was sent"
            ) from None
        second = int(time.time())
        stamp = Stamp.of(second)
        signer = self._signer
        if signer is None or keys is not self._keys or stamp.day != signer.day:
            signer = Signer(keys, self._region, self._host, stamp.day)
        self._keys, self._signer = keys, signer
        self._second, self._moment = second, stamp.moment
        self._forms.clear()
        return signer
