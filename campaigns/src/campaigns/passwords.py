"""Password hashing with Argon2id, in threads."""

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
    """Hashes and verifies passwords, a few at a time: each takes much memory and tens of ms."""

    def __init__(self, memory_kib: int = MEMORY_KIB, parallel_max: int = 2) -> None:
        """Prepare the hash that is compared for unknown accounts.

        Args:
            memory_kib: memory of one new hash, in KiB; more memory makes guessing more expensive.
            parallel_max: maximal number of hashing threads.
        """
        self._hashes = PasswordHash((Argon2Hasher(memory_cost=memory_kib),))
        self._threads = CapacityLimiter(parallel_max)
        self._unknown_account = self._hashes.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> bytes:
        """Return the hash to store for a password."""
        text = await to_thread.run_sync(self._hashes.hash, password, limiter=self._threads)
        return text.encode()

    async def matches(self, password: str, kept: bytes | None) -> bool:
        """Return whether a password matches a stored hash.

        Without a hash it takes as long, so that response times do not reveal which accounts exist.
        Of a text longer than any valid password, only the beginning is compared; it cannot match.
        """
        against = self._unknown_account if kept is None else kept.decode()
        given = password[: PASSWORD_CHARACTERS_MAX + 1]
        matches = await to_thread.run_sync(
            self._hashes.verify, given, against, limiter=self._threads
        )
        return matches and kept is not None


def fingerprint(kept: bytes) -> str:
    """Return a short text that changes with the password and does not reveal it."""
    return hashlib.sha256(b"fingerprint " + kept).hexdigest()[:FINGERPRINT_CHARACTERS]
