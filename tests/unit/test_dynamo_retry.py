"""When a request is sent again, and after how long at most."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.dynamo.retry import (
    IDEMPOTENT_OPERATIONS,
    Kind,
    Policy,
    RetryQuota,
    ceiling_seconds,
    kind_of,
    may_retry,
)
from crossfade.errors import (
    AccessDenied,
    ConditionFailed,
    Contended,
    CorruptResponse,
    CredentialsExpired,
    CrossfadeError,
    Interrupted,
    InvalidRequest,
    NoSuchStore,
    Overloaded,
    ServerFault,
    Throttled,
    TimedOut,
    TransactionCanceled,
    Unreachable,
)

POLICY = Policy()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Throttled("x"), Kind.THROTTLED),
        (Contended("x"), Kind.REFUSED),
        (Unreachable("x"), Kind.REFUSED),
        (Interrupted("x"), Kind.AMBIGUOUS),
        (TimedOut("x"), Kind.AMBIGUOUS),
        (ServerFault("x"), Kind.AMBIGUOUS),
        (CorruptResponse("x"), Kind.AMBIGUOUS),
        (CredentialsExpired("x"), Kind.EXPIRED),
        (AccessDenied("x"), Kind.FINAL),
        (NoSuchStore("x"), Kind.FINAL),
        (InvalidRequest("x"), Kind.FINAL),
        (Overloaded("x"), Kind.FINAL),
        (ConditionFailed(), Kind.FINAL),
        (TransactionCanceled(()), Kind.FINAL),
    ],
)
def test_each_error_has_its_kind(error: CrossfadeError, kind: Kind) -> None:
    assert kind_of(error) is kind


@given(kind=st.sampled_from(Kind), attempt=st.integers(1, 10_000))
def test_pauses_are_bounded_and_never_shrink(kind: Kind, attempt: int) -> None:
    ceiling = ceiling_seconds(POLICY, kind, attempt)
    assert 0 <= ceiling <= POLICY.pause_seconds_max
    assert ceiling <= ceiling_seconds(POLICY, kind, attempt + 1)


def test_pauses_after_throttling_are_longer_than_after_a_fault() -> None:
    throttled = ceiling_seconds(POLICY, Kind.THROTTLED, 1)
    assert throttled > ceiling_seconds(POLICY, Kind.AMBIGUOUS, 1)


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.REFUSED, Kind.AMBIGUOUS])
def test_attempts_are_bounded(kind: Kind) -> None:
    last = POLICY.attempts_max
    assert may_retry(POLICY, kind, last - 1, idempotent=True)
    assert not may_retry(POLICY, kind, last, idempotent=True)


def test_only_idempotent_operations_are_retried_when_the_effect_is_unknown() -> None:
    assert may_retry(POLICY, Kind.AMBIGUOUS, 1, idempotent=True)
    assert not may_retry(POLICY, Kind.AMBIGUOUS, 1, idempotent=False)
    assert may_retry(POLICY, Kind.THROTTLED, 1, idempotent=False)
    assert may_retry(POLICY, Kind.REFUSED, 1, idempotent=False)
    assert "UpdateItem" not in IDEMPOTENT_OPERATIONS
    assert "ExecuteStatement" not in IDEMPOTENT_OPERATIONS


def test_expired_credentials_are_retried_once() -> None:
    assert may_retry(POLICY, Kind.EXPIRED, 1, idempotent=False)
    assert not may_retry(POLICY, Kind.EXPIRED, 2, idempotent=True)


def test_a_final_failure_is_never_retried() -> None:
    assert not may_retry(POLICY, Kind.FINAL, 1, idempotent=True)


@given(st.lists(st.booleans(), max_size=300))
def test_a_quota_allows_no_more_retries_than_its_tokens_pay_for(successes: list[bool]) -> None:
    quota = RetryQuota(20)
    retries = 0
    for success in successes:
        if success:
            quota.refund()
        else:
            retries += quota.take()
        assert 0 <= quota.tokens <= 20
    assert retries * RetryQuota.RETRY_COST <= 20 + sum(successes)
