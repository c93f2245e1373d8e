"""The retry policy: whether a failed attempt is retried, and after how long. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from crossfade.errors import (
    Contended,
    CorruptResponse,
    CredentialsExpired,
    CrossfadeError,
    Interrupted,
    ServerFault,
    Throttled,
    TimedOut,
    Unreachable,
)
from crossfade.jobs.backoff import doubled_seconds


class Kind(StrEnum):
    """The kinds of failures, by what a retry of the same request can expect."""

    THROTTLED = "throttled"  # refused because of the request rate; had no effect
    REFUSED = "refused"  # had no effect; a retry may succeed
    EXPIRED = "expired"  # refused because the credentials expired; succeeds with newer ones
    AMBIGUOUS = "ambiguous"  # may have had its effect
    FINAL = "final"  # a retry fails the same way


# The first matching class decides, so subclasses come before their base.
KINDS: tuple[tuple[type[CrossfadeError], Kind], ...] = (
    (Throttled, Kind.THROTTLED),
    (Contended, Kind.REFUSED),
    (CredentialsExpired, Kind.EXPIRED),
    (Interrupted, Kind.AMBIGUOUS),
    (TimedOut, Kind.AMBIGUOUS),
    (ServerFault, Kind.AMBIGUOUS),
    (CorruptResponse, Kind.AMBIGUOUS),
    (Unreachable, Kind.REFUSED),
)

# UpdateItem is missing, because an update expression may add to the stored value.
# TransactWriteItems is idempotent because every call carries a ClientRequestToken.
IDEMPOTENT_OPERATIONS = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "DescribeTable",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
    }
)


def kind_of(error: CrossfadeError) -> Kind:
    """Return the kind of a failure."""
    for error_class, kind in KINDS:
        if isinstance(error, error_class):
            return kind
    return Kind.FINAL


@dataclass(frozen=True, slots=True)
class Policy:
    """The number of attempts, and exponential backoff with full jitter between them.

    Each pause is random, evenly distributed between 0 and a ceiling that doubles with each
    attempt. With the defaults the ceilings are 0.2 s, 0.4 s, 0.8 s, 1.6 s, … at most 5 s after
    throttling, and 0.025 s, 0.05 s, 0.1 s, 0.2 s, … at most 5 s after any other failure.

    Attributes:
        attempts_max: attempts of one call, the first included.
        fault_seconds: the first ceiling, except after throttling.
        throttle_seconds: the first ceiling after throttling.
        pause_seconds_max: the highest ceiling.
    """

    attempts_max: int = 5
    fault_seconds: float = 0.025
    throttle_seconds: float = 0.2
    pause_seconds_max: float = 5.0


def ceiling_seconds(policy: Policy, kind: Kind, attempt: int) -> float:
    """Return the longest possible pause after a failed attempt.

    The caller draws the pause evenly from 0 to this ceiling ("full jitter"), so that callers which
    failed together do not retry together.

    Args:
        policy: the ceilings.
        kind: the kind of the failure; there is no pause after `Kind.EXPIRED`.
        attempt: the attempt that failed, 1 for the first.
    """
    if kind is Kind.EXPIRED:
        return 0.0
    first = policy.throttle_seconds if kind is Kind.THROTTLED else policy.fault_seconds
    return doubled_seconds(first, attempt, policy.pause_seconds_max)


def may_retry(policy: Policy, kind: Kind, attempt: int, *, idempotent: bool) -> bool:
    """Return whether a request may be sent again.

    Args:
        policy: the number of attempts.
        kind: the kind of the failure; one retry follows `Kind.EXPIRED`.
        attempt: the attempt that failed, 1 for the first.
        idempotent: whether the request has the same effect when it is sent twice.
    """
    match kind:
        case Kind.FINAL:
            return False
        case Kind.EXPIRED:
            return attempt == 1
        case Kind.AMBIGUOUS:
            return idempotent and attempt < policy.attempts_max
        case Kind.THROTTLED | Kind.REFUSED:
            return attempt < policy.attempts_max


class RetryQuota:
    """A token bucket that all calls of a client share, so that retries do not multiply an outage.

    A retry takes 5 tokens and a success returns 1. With a capacity of 500, a client can make 100
    retries in a row, and then one for every 5 successes.

    Args:
        tokens_max: the capacity; the bucket is full at first.
    """

    __slots__ = ("_tokens", "_tokens_max")

    RETRY_COST = 5

    def __init__(self, tokens_max: int) -> None:
        self._tokens_max = tokens_max
        self._tokens = tokens_max

    @property
    def tokens(self) -> int:
        """The tokens left."""
        return self._tokens

    def take(self) -> bool:
        """Take the tokens of one retry; return False, and take none, if too few are left."""
        if self._tokens < self.RETRY_COST:
            return False
        self._tokens -= self.RETRY_COST
        return True

    def refund(self) -> None:
        """Return one token after a success."""
        if self._tokens < self._tokens_max:
            self._tokens += 1
