"""When a request is sent again, and after how long at most."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.dynamo.retry import (
    REPEATABLE_OPERATIONS,
    Budget,
    Kind,
    Policy,
    ceiling_seconds,
    kind_of,
    may_repeat,
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


def test_throttling_is_met_with_more_patience_than_a_fault() -> None:
    throttled = ceiling_seconds(POLICY, Kind.THROTTLED, 1)
    assert throttled > ceiling_seconds(POLICY, Kind.AMBIGUOUS, 1)


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.REFUSED, Kind.AMBIGUOUS])
def test_attempts_are_bounded(kind: Kind) -> None:
    last = POLICY.attempts_max
    assert may_repeat(POLICY, kind, last - 1, repeatable=True)
    assert not may_repeat(POLICY, kind, last, repeatable=True)


def test_only_repeatable_operations_are_repeated_when_the_effect_is_unknown() -> None:
    assert may_repeat(POLICY, Kind.AMBIGUOUS, 1, repeatable=True)
    assert not may_repeat(POLICY, Kind.AMBIGUOUS, 1, repeatable=False)
    assert may_repeat(POLICY, Kind.THROTTLED, 1, repeatable=False)
    assert may_repeat(POLICY, Kind.REFUSED, 1, repeatable=False)
    assert "UpdateItem" not in REPEATABLE_OPERATIONS
    assert "ExecuteStatement" not in REPEATABLE_OPERATIONS


def test_expired_credentials_get_one_more_chance() -> None:
    assert may_repeat(POLICY, Kind.EXPIRED, 1, repeatable=False)
    assert not may_repeat(POLICY, Kind.EXPIRED, 2, repeatable=True)


def test_what_fails_again_is_never_repeated() -> None:
    assert not may_repeat(POLICY, Kind.FINAL, 1, repeatable=True)


@given(st.lists(st.booleans(), max_size=300))
def test_a_budget_pays_no_more_repeats_than_it_has_and_earns(successes: list[bool]) -> None:
    budget = Budget(20)
    repeats = 0
    for success in successes:
        if success:
            budget.earn()
        else:
            repeats += budget.spend()
        assert 0 <= budget.tokens <= 20
    assert repeats * Budget.REPEAT_COST <= 20 + sum(successes)
