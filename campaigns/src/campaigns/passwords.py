"""Passwords: kept as Argon2 hashes, compared in threads, never compared in a hurry."""

from __future__ import annotations

import hashlib
import secrets

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from campaigns.fields import PASSWORD_CHARACTERS_MAX

FINGERPRINT_CHARACTERS = 22
MEMORY_KIB = 64 * 1024
"""Source: RFC 9106, section 4, second recommended option."""


class Passwords:
    """Hashes and compares; a few at a time, as each takes much memory and tens of ms."""

    def __init__(self, memory_kib: int = MEMORY_KIB, parallel_max: int = 2) -> None:
        """Prepare the hash that stands in for the password of an unknown account.

        Args:
            memory_kib: what one new hash takes; the more, the dearer is guessing.
            parallel_max: how many threads hash at once.
        """
        self._hashes = PasswordHash((Argon2Hasher(memory_cost=memory_kib),))
        self._threads = CapacityLimiter(parallel_max)
        self._nobody = self._hashes.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> bytes:
        """Return what to keep of a password."""
        text = await to_thread.run_sync(self._hashes.hash, password, limiter=self._threads)
        return text.encode()

    async def matches(self, password: str, kept: bytes | None) -> bool:
        """Return whether a password is the one that was kept.

        It takes as long when none was kept, so that nobody learns which accounts exist. Of a text
        longer than any password the beginning is compared, which is as wrong.
        """
        against = self._nobody if kept is None else kept.decode()
        given = password[: PASSWORD_CHARACTERS_MAX + 1]
        matches = await to_thread.run_sync(
            self._hashes.verify, given, against, limiter=self._threads
        )
        return matches and kept is not None


def fingerprint(kept: bytes) -> str:
    """Return a short text that changes with the password, and tells nothing about it."""
    return hashlib.sha256(b"fingerprint " + kept).hexdigest()[:FINGERPRINT_CHARACTERS]
