"""The configuration of a client, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from crossfade.aws.credentials import Keys
from crossfade.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Config:
    """The endpoint, the credentials and every limit of a client.

    Attributes:
        region: the AWS region, such as ``eu-central-1``.
        endpoint: ``http[s]://host[:port]``; the region's AWS endpoint unless given.
        profile: a profile of the shared AWS configuration, for the credential chain.
        access_key: the access key id of explicit credentials, which replace the chain.
        secret_key: the secret access key that belongs to `access_key`.
        session_token: belongs to `access_key` if the credentials are temporary.
        ca_file: path of a PEM file with the CA certificates to trust instead of the system's.
        timeout_seconds: deadline of a call: waiting, every attempt and the pauses between them.
        attempt_timeout_seconds: deadline of one attempt, from its first byte sent to its last
            byte received.
        connect_timeout_seconds: deadline of opening one connection, TLS handshake included.
        connections_max: connections open at once.
        waiters_max: calls that may wait for a connection at once.
        idle_seconds_max: a connection that was idle for longer is closed instead of used.
        attempts_max: attempts of one call, the first included.
        retry_tokens_max: capacity of the token bucket that all calls share for their retries; a
            retry costs 5 tokens, a success returns 1.

    Raises:
        ConfigurationError: a field is missing or out of range.
    """

    region: str
    endpoint: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    timeout_seconds: float = 10.0
    attempt_timeout_seconds: float = 4.0
    connect_timeout_seconds: float = 2.0
    connections_max: int = 64
    waiters_max: int = 10_000
    idle_seconds_max: float = 20.0
    attempts_max: int = 5
    retry_tokens_max: int = 500

    def __post_init__(self) -> None:
        if not self.region:
            raise ConfigurationError("region: empty; set AWS_REGION, such as eu-central-1")
        if (self.access_key is None) != (self.secret_key is None):
            raise ConfigurationError("access_key and secret_key: one without the other; give both")
        for name in ("timeout", "attempt_timeout", "connect_timeout"):
            _require_positive(f"{name}_seconds", getattr(self, f"{name}_seconds"))
        for name in ("connections_max", "attempts_max"):
            _require_positive(name, getattr(self, name))

    @property
    def keys(self) -> Keys | None:
        """The explicit credentials, None if the chain is to be used."""
        if self.access_key is None or self.secret_key is None:
            return None
        return Keys(self.access_key, self.secret_key, self.session_token)


def _require_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ConfigurationError(f"{name}: {value}; it must be above 0")
