"""Access tokens from the settings, compared in constant time."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address

from crossfade.errors import ConfigurationError
from crossfade.settings import Settings

TOKEN_CHARACTERS_MIN = 16
NAME_CHARACTERS_MAX = 60
LOCAL_NAME = "local operator"
"""The operator's name on a dashboard without tokens."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A user of the dashboard.

    Attributes:
        name: the name given when signing in; recorded with each action.
        may_reveal: whether the operator may see row contents.
    """

    name: str
    may_reveal: bool = False


class Tokens:
    """The access tokens of the dashboard. Without an operator token, access is open.

    Args:
        operator: the token of operators; empty for none.
        reveal: the token of operators who may see row contents; empty for none.

    Raises:
        ConfigurationError: a token is too short, or both are the same.
    """

    def __init__(self, operator: str, reveal: str) -> None:
        for name, token in (("operator_token", operator), ("reveal_token", reveal)):
            if token and len(token) < TOKEN_CHARACTERS_MIN:
                raise ConfigurationError(
                    f"{name}: has fewer than {TOKEN_CHARACTERS_MIN} characters; "
                    "take one from `openssl rand -hex 24`"
                )
        if operator and operator == reveal:
            raise ConfigurationError("reveal_token: is the operator token; choose another one")
        self.is_open = not operator
        self._operator = _digest(operator) if operator else b""
        self._reveal = _digest(reveal) if reveal else b""

    def admit(self, token: str, name: str) -> Operator | None:
        """Return the operator with this token and name; None if the token is wrong."""
        given = _digest(token)
        is_reveal = hmac.compare_digest(given, self._reveal)
        is_operator = hmac.compare_digest(given, self._operator)
        return Operator(name, may_reveal=is_reveal) if is_operator or is_reveal else None

    def signing_key(self) -> str:
        """Return the key that signs cookies, derived from the tokens.

        So all processes of a dashboard accept the same cookies, and new tokens sign everybody out.
        Without tokens the key is random for each process.
        """
        if not self._operator and not self._reveal:
            return secrets.token_hex(32)
        return hmac.new(self._operator + self._reveal, b"dashboard cookies", sha256).hexdigest()


def tokens_of(settings: Settings) -> Tokens:
    """Return the tokens of the settings.

    Raises:
        ConfigurationError: as `Tokens`.
    """
    return Tokens(
        settings.operator_token.get_secret_value(), settings.reveal_token.get_secret_value()
    )


def check_exposure(tokens: Tokens, host: str) -> None:
    """Refuse to expose a dashboard without an operator token to other machines.

    Raises:
        ConfigurationError: the host is not loopback, and there is no operator token.
    """
    if tokens.is_open and not is_loopback(host):
        raise ConfigurationError(
            f"host {host}: other machines could reach the dashboard and no operator_token is set; "
            "set CROSSFADE_OPERATOR_TOKEN, or listen on 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Return whether a host is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
