"""Options of the site."""

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
    """The site's limits and address.

    Attributes:
        secret: signs cookies and forms; anyone who knows it can sign in as any user.
        public_url: public address of the site. With ``https://``, cookies are sent by https only.
        signed_in_seconds_max: lifetime of a sign-in, in seconds.
        form_bytes_max: size limit of a form, in bytes.
        upload_bytes_max: size limit of a form with a transcript, in bytes.
        address_rate: limit of attempts to sign in or sign up from one network address.
        account_rate: limit of attempts to sign in to one account.
        password_kib: memory that hashing one password takes, in KiB.
        clock: returns seconds since 1970, for cookies.
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
        """Return whether the public address is https."""
        return self.public_url.startswith("https://")

    def body_bytes_max(self, path: str) -> int:
        """Return the size limit of a request body for a path, in bytes."""
        return self.upload_bytes_max if UPLOAD_PATH.search(path) else self.form_bytes_max


def options_of(settings: Settings, address: str) -> SiteOptions:
    """Return the options for the settings of the environment.

    Without `SECRET_KEY` the secret is random: all users are signed out when the process ends, and
    processes do not accept each other's cookies.

    Args:
        settings: the settings of the environment.
        address: where the site listens; used as the public address unless `PUBLIC_URL` is set.
    """
    if settings.secret_key is None:
        remedy = "set SECRET_KEY to keep users signed in after the process ends"
        structlog.get_logger().warning("secret_key_is_random", remedy=remedy)
    secret = settings.secret_key.get_secret_value() if settings.secret_key else ""
    return SiteOptions(
        secret=secret or secrets.token_urlsafe(32),
        public_url=settings.public_url or address,
        signed_in_seconds_max=settings.signed_in_days * SECONDS_OF_A_DAY,
    )
