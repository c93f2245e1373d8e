"""What the application refuses before it asks PostgreSQL, and how it says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from campaigns.errors import Invalid, Problem
from campaigns.fields import (
    JSON_BYTES_MAX,
    LIST_ITEMS_MAX,
    LONG_TEXT_CHARACTERS_MAX,
    TRANSCRIPT_JSON_BYTES_MAX,
    TRANSCRIPT_TEXT_BYTES_MAX,
)
from campaigns.inputs import (
    CampaignChanges,
    Input,
    NewCampaign,
    NewCharacter,
    NewMember,
    NewSession,
    NewUser,
    PageRequest,
    SessionChanges,
    TranscriptChanges,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
MINIMUM: dict[type[Input], dict[str, Any]] = {
    NewUser: {"email": "a@b.org"},
    NewCampaign: {"name": "n"},
    CampaignChanges: {"expected_revision": 0},
    NewSession: {"name": "n"},
    SessionChanges: {"expected_revision": 0},
    TranscriptChanges: {"expected_revision": 0, "text": "t"},
    NewMember: {"user_id": "u"},
    NewCharacter: {"name": "n"},
    PageRequest: {},
}


def refused(kind: type[Input], **given: Any) -> Problem:
    """Return the only problem of an input."""
    with pytest.raises(Invalid) as refusal:
        kind.model_validate({**MINIMUM[kind], **given})
    [problem] = refusal.value.problems
    return problem


@pytest.mark.parametrize("kind", MINIMUM)
def test_the_least_is_accepted_and_says_what_was_given(kind: type[Input]) -> None:
    assert kind.model_validate(MINIMUM[kind]).given() == MINIMUM[kind]


@pytest.mark.parametrize("kind", MINIMUM)
def test_unknown_fields_are_refused(kind: type[Input]) -> None:
    assert refused(kind, owner="me") == Problem("owner", "unknown field", "leave it out")


@pytest.mark.parametrize("kind", [kind for kind in MINIMUM if MINIMUM[kind]])
def test_missing_fields_are_named(kind: type[Input]) -> None:
    with pytest.raises(Invalid) as refusal:
        kind.model_validate({})
    assert refusal.value.problems[0].kind.startswith("missing")


@pytest.mark.parametrize("kind", [CampaignChanges, SessionChanges])
def test_left_out_and_null_are_two_things(kind: type[Input]) -> None:
    assert "description" not in kind.model_validate({"expected_revision": 0}).given()
    cleared = kind.model_validate({"expected_revision": 0, "description": None})
    assert cleared.given()["description"] is None


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (CampaignChanges, "name"),
        (CampaignChanges, "slug"),
        (CampaignChanges, "status"),
        (CampaignChanges, "tags"),
        (CampaignChanges, "treasury_gp"),
        (CampaignChanges, "is_public"),
        (SessionChanges, "name"),
        (SessionChanges, "key_moments"),
        (NewUser, "preferences"),
        (NewMember, "role"),
        (NewCharacter, "sheet"),
    ],
)
def test_null_is_refused_where_a_value_must_be(kind: type[Input], field: str) -> None:
    problem = refused(kind, **{field: None})
    assert (problem.field, problem.kind) == (field, "null")


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (NewCampaign, "name", ""),
        (NewCampaign, "name", " \n"),
        (NewCampaign, "name", "x" * 201),
        (NewCampaign, "name", 7),
        (NewCampaign, "slug", "Big Letters"),
        (NewCampaign, "slug", "x" * 81),
        (NewCampaign, "slug", "a\n"),
        (NewCampaign, "description", "x" * (LONG_TEXT_CHARACTERS_MAX + 1)),
        (NewCampaign, "system", "chess"),
        (NewCampaign, "system", "DND_5E"),
        (NewCampaign, "status", "active"),
        (NewCampaign, "tags", ["x"] * (LIST_ITEMS_MAX + 1)),
        (NewCampaign, "tags", "x"),
        (NewCampaign, "party_level", 0),
        (NewCampaign, "party_level", 32768),
        (NewCampaign, "treasury_gp", Decimal("0.001")),
        (NewCampaign, "treasury_gp", Decimal("1e12")),
        (NewCampaign, "treasury_gp", Decimal("NaN")),
        (NewCampaign, "treasury_gp", float("inf")),
        (NewCampaign, "usual_start", "19:30:00.5"),
        (NewCampaign, "usual_start", "19:30:00Z"),
        (NewCampaign, "started_on", "2026-02-30"),
        (NewCampaign, "sequel_of_id", "no uuid"),
        (NewCampaign, "settings", {"a": float("nan")}),
        (NewCampaign, "settings", {"a": "x" * JSON_BYTES_MAX}),
        (NewCampaign, "settings", {"a": START}),
        (NewSession, "number", 0),
        (NewSession, "number", 2**31),
        (NewSession, "duration_ms", -1),
        (NewSession, "audio_bytes", 2**63),
        (NewSession, "audio_sha256", b"short"),
        (NewSession, "avg_confidence", 1.01),
        (NewSession, "loudness_lufs", float("-inf")),
        (NewSession, "transcription_cost_usd", Decimal("0.0000001")),
        (NewSession, "xp_awarded", -1),
        (NewSession, "initiative", ["x"]),
        (NewSession, "started_at", "2026-01-01T00:00:00"),
        (NewSession, "started_at", "1799-12-31T23:59:59Z"),
        (NewSession, "share_expires_at", "3000-01-01T00:00:00Z"),
        (NewSession, "speaker_names", ["not an object"]),
        (NewUser, "email", "nobody"),
        (NewUser, "discord_user_id", 2**63),
        (NewUser, "time_zone", "Europe/../../etc"),
        (NewMember, "role", "KING"),
        (NewCharacter, "name", "x" * 121),
        (TranscriptChanges, "expected_revision", -1),
        (TranscriptChanges, "expected_revision", "one"),
        (TranscriptChanges, "source", "RADIO"),
        (TranscriptChanges, "lang", "English"),
        (TranscriptChanges, "text", "é" * (TRANSCRIPT_TEXT_BYTES_MAX // 2 + 1)),
        (TranscriptChanges, "document", "0" * (TRANSCRIPT_JSON_BYTES_MAX + 1)),
        (PageRequest, "limit", 0),
        (PageRequest, "limit", 1_000_000),
    ],
)
def test_a_bad_value_is_named_by_field_kind_and_remedy(
    kind: type[Input], field: str, value: Any
) -> None:
    problem = refused(kind, **{field: value})
    assert problem.field.split(".")[0] == field
    assert problem.kind
    assert problem.remedy


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("name", "", "give it a value"),
        ("name", "x" * 201, "give at most 200 characters"),
        ("tags", ["x"] * 201, "give at most 200 entries"),
        (
            "slug",
            "The Keep",
            "give small letters and digits with hyphens between, such as the-keep",
        ),
        ("party_level", "three", "give a whole number"),
        ("party_level", 101, "give 100 or less"),
        ("treasury_gp", "NaN", "give a number"),
        ("treasury_gp", "1.234", "give at most 2 digits after the point"),
        ("started_on", "2026-02-30", "give a date such as 2026-02-28"),
        ("usual_start", "25:61", "give a time such as 19:30"),
    ],
)
def test_a_remedy_is_in_words_for_people(field: str, value: Any, remedy: str) -> None:
    assert refused(NewCampaign, **{"name": "n", field: value}).remedy == remedy


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", "a\udfff"])
@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (NewCampaign, "name"),
        (NewCampaign, "description"),
        (NewSession, "notes"),
        (NewUser, "email"),
        (NewUser, "name"),
        (NewMember, "nickname"),
        (NewCharacter, "played_by"),
        (TranscriptChanges, "text"),
        (TranscriptChanges, "document"),
        (TranscriptChanges, "lang"),
    ],
)
def test_text_that_no_store_holds_is_refused(kind: type[Input], field: str, bad: str) -> None:
    assert refused(kind, **{field: bad}).field == field


@pytest.mark.parametrize("bad", ["a\0b", "\\\0", "\ud800"])
def test_it_is_refused_inside_lists_and_documents_too(bad: str) -> None:
    assert refused(NewCampaign, tags=["fine", bad]).field == "tags.1"
    for document in ({"a": [bad]}, {bad: 1}):
        assert refused(NewCampaign, settings=document).field == "settings"
    assert refused(NewSession, key_moments=[{"a": bad}]).field.startswith("key_moments")


def test_a_backslash_is_not_a_nul() -> None:
    value = {"a": "\\u0000", "b": "\\\\u0000"}
    assert NewCampaign(name="n", settings=value).settings == value


def test_documents_too_deep_to_walk_are_refused() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert refused(NewCampaign, settings=deep).field.startswith("settings")


def test_a_message_never_repeats_what_was_given() -> None:
    secret = "hunter2"
    problems = [
        refused(NewUser, email=secret),
        refused(NewUser, password_hash=secret * 500),
        refused(NewCampaign, slug=secret + "!"),
        refused(NewCampaign, sequel_of_id=secret),
        refused(NewCampaign, started_on=secret),
        refused(NewCampaign, treasury_gp=secret),
        refused(NewCampaign, settings={secret: {1, 2}}),
        refused(NewCampaign, **{f"{secret} is a field": 1}),
        refused(NewCampaign, **{secret * 50: 1}),
        refused(TranscriptChanges, lang=secret),
    ]
    for problem in problems:
        assert secret not in str(problem)


def test_several_problems_are_reported_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        NewCampaign.model_validate({"name": "", "party_level": 0, "who": 1})
    fields = [problem.field for problem in refusal.value.problems]
    assert sorted(fields) == ["name", "party_level", "who"]
    assert str(refusal.value).count("\n") == 2


@pytest.mark.parametrize("kind", [NewSession, SessionChanges])
def test_a_session_ends_after_it_starts(kind: type[Input]) -> None:
    times = {"started_at": START, "ended_at": START - timedelta(microseconds=1)}
    assert refused(kind, **times).field == "ended_at"
    kind.model_validate({**MINIMUM[kind], "started_at": START, "ended_at": START})


def test_times_are_compared_across_zones() -> None:
    west = START.astimezone(timezone(timedelta(hours=-8)))
    assert NewSession(name="n", started_at=START, ended_at=west).ended_at == START


def test_a_transcript_needs_a_form() -> None:
    with pytest.raises(Invalid, match="give at least one"):
        TranscriptChanges(expected_revision=0)
    assert TranscriptChanges(expected_revision=0, text=None).given()["text"] is None


def test_a_position_in_the_problem_is_a_position_in_the_list() -> None:
    assert refused(NewSession, initiative=[1, 2, 2**31]).field == "initiative.2"


def test_ids_are_brought_into_their_printed_form() -> None:
    upper = "0F0E0D0C-0B0A-0908-0706-050403020100"
    assert NewSession(name="n", campaign_id=upper).campaign_id == upper.lower()


def test_json_input_is_accepted_as_python_input_is() -> None:
    body = json.dumps({"name": "n", "audio_sha256": "00" * 32, "started_at": "2026-01-01T00:00Z"})
    session = NewSession.model_validate_json(body)
    assert (session.audio_sha256, session.started_at) == (bytes(32), START)


def test_values_are_frozen() -> None:
    with pytest.raises(ValidationError):
        setattr(NewCampaign(name="n"), "name", "m")  # noqa: B010 - mypy would refuse the assignment
