"""What a client needs to know, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from crossfade.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Config:
    """Where DynamoDB is, who asks, and every limit of the client.

    Attributes:
        region: the AWS region, such as ``eu-central-1``.
        endpoint: ``https://host[:port]``; AWS's own for the region unless given.
        profile: a profile of the shared AWS configuration, for the credential chain.
        access_key: explicit credentials instead of the chain.
        secret_key: belongs to `access_key`.
        session_token: belongs to `access_key`, for temporary credentials.
        ca_file: certificates to trust instead of the system's, PEM.
        timeout_seconds: a whole call: waiting, every attempt and the pauses between them.
        attempt_timeout_seconds: one attempt, from its first byte out to its last byte in.
        connect_timeout_seconds: one connection with its TLS handshake.
        connections_max: connections open at once.
        waiters_max: calls that may wait for a connection at once.
        idle_seconds_max: an idle connection older than this is not used again.
        attempts_max: attempts of one call, the first included.
        repeat_tokens_max: the budget of repeats that all calls share; five pay for one.

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
    repeat_tokens_max: int = 500

    def __post_init__(self) -> None:
        if not self.region:
            raise ConfigurationError("region: empty; set AWS_REGION, such as eu-central-1")
        if (self.access_key is None) != (self.secret_key is None):
            raise ConfigurationError("access_key and secret_key: one without the other; give both")
        for name in ("timeout", "attempt_timeout", "connect_timeout"):
            _require_positive(f"{name}_seconds", getattr(self, f"{name}_seconds"))
        for name in ("connections_max", "attempts_max"):
            _require_positive(name, getattr(self, name))


def _require_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ConfigurationError(f"{name}: {value}; it must be above 0")
