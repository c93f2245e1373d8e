"""Whether a failed attempt is repeated, and after how long. Pure but for its count of tokens."""

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
    """What a failure says about sending the same request again."""

    THROTTLED = "throttled"  # refused for the rate; had no effect
    REFUSED = "refused"  # had no effect; may pass a moment later
    EXPIRED = "expired"  # refused for old credentials; passes with new ones
    AMBIGUOUS = "ambiguous"  # may have had its effect
    FINAL = "final"  # fails again


# The first class that fits decides, so subclasses stand before their base.
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

# Operations that sent twice leave the table as sent once. UpdateItem is not among them: an
# expression may add to what is there. TransactWriteItems is, because every call carries a token.
REPEATABLE_OPERATIONS = frozenset(
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
    """Return what an error says about sending the same request again."""
    for error_class, kind in KINDS:
        if isinstance(error, error_class):
            return kind
    return Kind.FINAL


@dataclass(frozen=True, slots=True)
class Policy:
    """How often and how patiently to repeat.

    Attributes:
        attempts_max: attempts of one call, the first included.
        fault_seconds: ceiling of the pause after a first failure; doubles with each.
        throttle_seconds: the same after throttling.
        pause_seconds_max: ceiling of any pause.
    """

    attempts_max: int = 5
    fault_seconds: float = 0.025
    throttle_seconds: float = 0.2
    pause_seconds_max: float = 5.0


def ceiling_seconds(policy: Policy, kind: Kind, attempt: int) -> float:
    """Return the longest pause after the given attempt (1 for the first); the real one is random.

    "Full jitter": a pause drawn evenly between nothing and the ceiling keeps many callers that
    failed together from coming back together.
    """
    if kind is Kind.EXPIRED:
        return 0.0
    first = policy.throttle_seconds if kind is Kind.THROTTLED else policy.fault_seconds
    return doubled_seconds(first, attempt, policy.pause_seconds_max)


def may_repeat(policy: Policy, kind: Kind, attempt: int, *, repeatable: bool) -> bool:
    """Tell whether a request may be sent again after this attempt failed in this way."""
    match kind:
        case Kind.FINAL:
            return False
        case Kind.EXPIRED:
            return attempt == 1
        case Kind.AMBIGUOUS:
            return repeatable and attempt < policy.attempts_max
        case Kind.THROTTLED | Kind.REFUSED:
            return attempt < policy.attempts_max


class Budget:
    """Tokens that all calls of one client spend on repeats, so that an outage is not multiplied.

    A repeat costs tokens and every success earns one back. With the default of 500, a client may
    repeat 100 times at once, and afterwards once per five successes.
    """

    __slots__ = ("_tokens", "_tokens_max")

    REPEAT_COST = 5

    def __init__(self, tokens_max: int) -> None:
        self._tokens_max = tokens_max
        self._tokens = tokens_max

    @property
    def tokens(self) -> int:
        """What is left."""
        return self._tokens

    def spend(self) -> bool:
        """Pay for one repeat; False when the tokens do not reach."""
        if self._tokens < self.REPEAT_COST:
            return False
        self._tokens -= self.REPEAT_COST
        return True

    def earn(self) -> None:
        """Take a token back after a success."""
        if self._tokens < self._tokens_max:
            self._tokens += 1
