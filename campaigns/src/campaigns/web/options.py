"""What can be said about the site when it is made."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time

import structlog

from campaigns.fields import TRANSCRIPT_JSON_BYTES_MAX
from campaigns.passwords import MEMORY_KIB
from campaigns.settings import Settings
from crossfade.web.security import Rate

SECONDS_OF_A_DAY = 24 * 60 * 60
UPLOAD_PATH = re.compile(r"/transcripts?(/|$)")
ADDRESS_RATE = Rate(attempts_max=60, seconds=600)
ACCOUNT_RATE = Rate(attempts_max=10, seconds=600)


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """The site's limits and its address.

    Attributes:
        secret: signs cookies and forms; whoever knows it can be anybody.
        public_url: where people reach the site; cookies are for https only when it is https.
        signed_in_seconds_max: how long a browser stays signed in.
        form_bytes_max: the largest form.
        upload_bytes_max: the largest form that brings a transcript, and what surrounds it.
        address_rate: attempts to sign in or up from one network address.
        account_rate: attempts to sign in to one account.
        password_kib: the memory that hashing one password takes.
        clock: seconds since 1970, for cookies.
    """

    secret: str = field(repr=False)
    public_url: str = "http://127.0.0.1"
    signed_in_seconds_max: int = 14 * SECONDS_OF_A_DAY
    form_bytes_max: int = 1024 * 1024
    upload_bytes_max: int = TRANSCRIPT_JSON_BYTES_MAX + 64 * 1024
    address_rate: Rate = ADDRESS_RATE
    account_rate: Rate = ACCOUNT_RATE
    password_kib: int = MEMORY_KIB
    clock: Callable[[], float] = time

    @property
    def https(self) -> bool:
        """Whether people reach the site by https only."""
        return self.public_url.startswith("https://")

    def body_bytes_max(self, path: str) -> int:
        """Return how large the body of a request to this path may be."""
        return self.upload_bytes_max if UPLOAD_PATH.search(path) else self.form_bytes_max


def options_of(settings: Settings, address: str) -> SiteOptions:
    """Return the options that the environment asks for.

    Without a `SECRET_KEY` the secret is random: everybody is signed out when the process ends, and
    several processes do not know each other's cookies.

    Args:
        settings: of the environment.
        address: where the site listens; people reach it there unless a setting says otherwise.
    """
    if settings.secret_key is None:
        remedy = "set SECRET_KEY, so that people stay signed in when the process ends"
        structlog.get_logger().warning("secret_key_is_random", remedy=remedy)
    secret = settings.secret_key.get_secret_value() if settings.secret_key else ""
    return SiteOptions(
        secret=secret or secrets.token_urlsafe(32),
        public_url=settings.public_url or address,
        signed_in_seconds_max=settings.signed_in_days * SECONDS_OF_A_DAY,
    )
