"""Providers of AWS credentials: explicit keys, or the standard chain, which botocore implements.

Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from crossfade.errors import AccessDenied

RENEWAL_SECONDS = 600
"""`ChainProvider.load` first renews temporary keys that expire within this time.

Source: botocore.credentials.RefreshableCredentials, mandatory refresh timeout.
"""

# What botocore's providers raise: botocore's own errors, a refusal by STS, a credential process
# that cannot be run, keys that are expired when they arrive, output that cannot be parsed.
_CHAIN_ERRORS = (BotoCoreError, ClientError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class Keys:
    """One set of AWS credentials; its `repr` omits the secrets.

    Attributes:
        access_key_id: the public part.
        secret_access_key: the secret that signs requests.
        session_token: belongs to temporary credentials.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class Provider(Protocol):
    """A source of credentials; safe to use from several threads."""

    def load(self) -> Keys:
        """Return valid keys. May block.

        Raises:
            AccessDenied: there are no keys.
        """

    def expires_within(self, seconds: int) -> bool:
        """Return whether the keys loaded last expire within this time. Never blocks."""

    def forget(self) -> None:
        """Discard the keys loaded last, because a service refused them."""


class StaticProvider:
    """Explicit keys, which never expire."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def load(self) -> Keys:
        """Return the keys."""
        return self._keys

    def expires_within(self, seconds: int) -> bool:
        """Return False: no newer keys exist."""
        del seconds
        return False

    def forget(self) -> None:
        """Do nothing: no newer keys exist."""


class ChainProvider:
    """The standard chain: environment, profiles, SSO, web identity, container and instance roles.

    Args:
        profile: a profile of the shared AWS configuration; ``AWS_PROFILE`` or the default one
            unless given.
    """

    def __init__(self, profile: str | None = None) -> None:
        self._profile = profile
        self._credentials: Any = None

    def load(self) -> Keys:
        """Return the chain's keys. Blocks.

        The chain is resolved once. Temporary keys that expire within `RENEWAL_SECONDS` are renewed
        first.

        Raises:
            AccessDenied: the chain has no keys, or one of its providers failed.
        """
        # A local variable, since another thread may call `forget` at any time.
        credentials = self._credentials or open_session(None, self._profile).get_credentials()
        self._credentials = credentials
        with _chain_errors():
            found = credentials.get_frozen_credentials()
        return Keys(found.access_key, found.secret_key, found.token)

    def expires_within(self, seconds: int) -> bool:
        """Return whether the keys loaded last are temporary and expire within this time."""
        credentials = self._credentials
        return isinstance(credentials, RefreshableCredentials) and bool(
            credentials.refresh_needed(refresh_in=seconds)
        )

    def forget(self) -> None:
        """Make the next `load` resolve the whole chain again."""
        self._credentials = None


def provider_of(keys: Keys | None, profile: str | None = None) -> Provider:
    """Return a provider of these keys; without keys, one of the standard chain."""
    return ChainProvider(profile) if keys is None else StaticProvider(keys)


def open_session(keys: Keys | None, profile: str | None = None) -> Session:
    """Return a botocore session with these keys; without keys, with those of the standard chain.

    Blocks while the chain is resolved.

    Raises:
        AccessDenied: the chain has no keys, or one of its providers failed.
    """
    session = Session(profile=profile)
    if keys is not None:
        session.set_credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
        return session
    with _chain_errors():
        found = session.get_credentials()
    if found is None:
        raise AccessDenied(
            "no AWS credentials found; set AWS_PROFILE, AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or run under a role"
        )
    return session


@contextmanager
def _chain_errors() -> Iterator[None]:
    """Translate the errors of botocore's providers; their messages may quote secrets."""
    try:
        yield
    except _CHAIN_ERRORS as error:
        raise AccessDenied(
            f"the credential chain failed with {type(error).__name__}; check the profile or the "
            "role"
        ) from None
