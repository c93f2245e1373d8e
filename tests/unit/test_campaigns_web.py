"""The pure parts of the site: forms, conflicts, formats, options, passwords."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from campaigns.enums import CampaignStatus, GameSystem, MemberRole, SessionStatus
from campaigns.errors import Conflict, Invalid, Problem
from campaigns.passwords import Passwords, fingerprint
from campaigns.settings import Settings, read_settings
from campaigns.web.conflicts import Side, edit_conflict, marks_of, readable
from campaigns.web.formats import counted, day, duration, iso, moment
from campaigns.web.forms import (
    Field,
    WhenEmpty,
    Widget,
    refused,
    sentence,
    shown,
    texts_of,
    values_of,
)
from campaigns.web.labels import label, tone
from campaigns.web.options import SiteOptions, options_of
from campaigns.web.pages.campaigns import FIELDS as CAMPAIGN_FIELDS

STYLE_SHEET = files("campaigns.web") / "static" / "site.css"
ADDRESS = "http://127.0.0.1:8000"
FIELDS = (
    Field("name", "Name", when_empty=WhenEmpty.SEND, required=True),
    Field("notes", "Notes", Widget.TEXT),
    Field("level", "Level", Widget.NUMBER, WhenEmpty.OMIT),
    Field("tags", "Tags", Widget.LIST),
    Field("public", "Public", Widget.CHECK),
)


@dataclass(frozen=True)
class Thing:
    name: str
    notes: str | None
    level: int
    tags: tuple[str, ...] | None
    public: bool


def test_an_empty_field_says_what_it_was_declared_to_say() -> None:
    assert values_of(FIELDS, {}) == {"name": "", "notes": None, "tags": (), "public": False}


def test_what_was_typed_becomes_values() -> None:
    typed = {"name": " x ", "notes": "a\nb", "level": "3", "tags": " a \n\n b", "public": "on"}
    assert values_of(FIELDS, typed) == {
        "name": " x ",
        "notes": "a\nb",
        "level": "3",
        "tags": ("a", "b"),
        "public": True,
    }


def test_a_record_fills_a_form_that_gives_it_back() -> None:
    thing = Thing("x", "a\nb", 3, ("a", "b"), public=True)
    values = values_of(FIELDS, texts_of(FIELDS, thing))
    assert values == {
        "name": "x",
        "notes": "a\nb",
        "level": "3",
        "tags": ("a", "b"),
        "public": True,
    }
    empty = Thing("x", None, 0, None, public=False)
    values = values_of(FIELDS, texts_of(FIELDS, empty))
    assert values == {"name": "x", "notes": None, "level": "0", "tags": (), "public": False}


def test_problems_are_shown_beside_their_fields_and_the_first_has_the_focus() -> None:
    problems = (
        Problem("tags.3", "long", "shorten it"),
        Problem("name", "empty", "give it a value"),
        Problem("name", "blank", "make it visible."),
        Problem("revision", "old", "read it again"),
    )
    form = refused(FIELDS, {"name": "", "notes": "kept"}, Invalid(*problems))
    assert form.is_refused
    assert form.fields["name"].problem == "Give it a value. Make it visible."
    assert form.fields["tags"].problem == "Shorten it."
    assert [box.field.name for box in form.fields.values() if box.has_focus] == ["name"]
    assert form.fields["notes"].text == "kept"
    assert form.problems == ("Read it again.",)
    assert not shown(FIELDS, {}).is_refused


def test_a_conflict_is_shown_with_its_kind() -> None:
    form = refused(FIELDS, {}, Conflict("name", "used by another", "give another name"))
    assert form.fields["name"].problem == "Used by another; give another name."


def test_a_password_is_not_shown_again() -> None:
    field = Field("password", "Password", Widget.PASSWORD, WhenEmpty.SEND)
    assert shown((field,), {"password": "secret"}).fields["password"].text == ""


@pytest.mark.parametrize(
    ("remark", "expected"),
    [
        ("give a name", "Give a name."),
        ("Give a name.", "Give a name."),
        ("wait...", "Wait."),
        ("élan: none", "Élan: none."),
    ],
)
def test_a_sentence_begins_with_a_capital_and_ends_with_one_full_stop(
    remark: str, expected: str
) -> None:
    assert sentence(remark) == expected


TWO = FIELDS[:2]


@given(*(st.fixed_dictionaries({"name": st.text(), "notes": st.text()}) for _ in range(3)))
def test_of_two_versions_what_one_side_changed_is_settled(
    was: dict[str, str], mine: dict[str, str], theirs: dict[str, str]
) -> None:
    """Every field is agreed upon, settled for the side that changed it, or open if both did."""
    found = edit_conflict(TWO, mine, theirs, marks_of(was), 7)
    differing = {one.field.name: one for one in found.differences}
    assert differing.keys() | found.agreed.keys() == mine.keys()
    assert found.agreed == {name: text for name, text in mine.items() if text == theirs[name]}
    for name, one in differing.items():
        assert (one.mine, one.theirs) == (mine[name], theirs[name])
        if one.mine == was[name]:
            assert one.settled is Side.THEIRS
        elif one.theirs == was[name]:
            assert one.settled is Side.MINE
        else:
            assert one.settled is None
    assert found.marks == marks_of(theirs)


def test_without_marks_the_user_chooses() -> None:
    [name] = edit_conflict(TWO[:1], {"name": "a"}, {"name": "b"}, {}, 1).differences
    assert name.settled is None


def test_versions_are_readable() -> None:
    [status] = [field for field in CAMPAIGN_FIELDS if field.name == "status"]
    assert readable(status, "HIATUS") == "On hiatus"
    assert readable(status, "LOST") == "LOST"
    assert readable(FIELDS[4], "on") == "Yes"
    assert readable(FIELDS[4], "") == "No"
    assert readable(FIELDS[0], "x") == "x"


def test_times_are_shown_in_the_time_zone_of_the_reader() -> None:
    noon = datetime(2026, 2, 7, 12, 0, tzinfo=UTC)
    assert moment(noon, "Asia/Tokyo") == "7 Feb 2026, 21:00"
    assert moment(noon.replace(tzinfo=None)) == "7 Feb 2026, 12:00"
    assert iso(noon.replace(tzinfo=None)) == "2026-02-07T12:00:00+00:00"
    assert day(date(2026, 12, 31)) == "31 Dec 2026"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0 min"), (59_999, "1 min"), (3_600_000, "1 h 00 min"), (11_100_000, "3 h 05 min")],
)
def test_durations_are_shown_in_hours_and_minutes(milliseconds: int, text: str) -> None:
    assert duration(milliseconds) == text


def test_numbers_have_their_noun() -> None:
    assert counted(1, "session") == "1 session"
    assert counted(0, "session") == "0 sessions"
    assert counted(12_345, "story", "stories") == "12,345 stories"


def test_every_value_has_a_label() -> None:
    for values in (CampaignStatus, GameSystem, MemberRole, SessionStatus):
        labels = [label(value) for value in values]
        assert all(labels)
        assert len(set(labels)) == len(labels)


def test_every_status_has_a_badge_of_the_style_sheet() -> None:
    styled = set(re.findall(r"^\.badge\.(\w+) ", STYLE_SHEET.read_text(), re.MULTILINE))
    tones = {tone(status) for status in CampaignStatus}
    assert tones == {"", "accent", "good", "warn"}
    assert tones - {""} <= styled


def test_uploads_may_be_larger_than_other_forms() -> None:
    options = SiteOptions(secret="x")
    small, large = options.form_bytes_max, options.upload_bytes_max
    assert options.body_bytes_max("/campaigns/new") == small
    assert options.body_bytes_max("/campaigns/transcript-of-doom") == small
    assert options.body_bytes_max("/sessions/1/transcript") == large
    assert options.body_bytes_max("/sessions/1/transcript/upload") == large


def test_a_site_without_a_secret_key_makes_one_and_says_so() -> None:
    with capture_logs() as said:
        first, second = (options_of(Settings(database_url="x"), ADDRESS) for _ in range(2))
    assert len(first.secret) >= 32
    assert first.public_url == ADDRESS
    assert first.secret != second.secret
    assert "SECRET_KEY" in str(said)
    assert first.secret not in str(said)


def test_settings_reach_the_site() -> None:
    settings = Settings.model_validate(
        {
            "database_url": "x",
            "secret_key": "k" * 32,
            "public_url": "https://campaigns.example",
            "signed_in_days": 2,
        }
    )
    options = options_of(settings, ADDRESS)
    assert (options.secret, options.https) == ("k" * 32, True)
    assert options.signed_in_seconds_max == 2 * 24 * 60 * 60
    assert "kkk" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("SECRET_KEY", "hunter2"), ("PUBLIC_URL", "ftp://hunter2"), ("SIGNED_IN_DAYS", "hunter2")],
)
def test_a_wrong_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x")
    monkeypatch.setenv(name, value)
    with pytest.raises(Invalid) as refusal:
        read_settings()
    assert name in str(refusal.value)
    assert value not in str(refusal.value)


async def test_a_password_matches_itself_only() -> None:
    passwords = Passwords(memory_kib=64)
    kept = await passwords.hash("a lamp at the rock")
    assert b"lamp" not in kept
    assert await passwords.matches("a lamp at the rock", kept)
    assert not await passwords.matches("a lamp at the rocK", kept)
    assert not await passwords.matches("", kept)
    assert not await passwords.matches("a lamp at the rock", None)
    assert kept != await passwords.hash("a lamp at the rock")


def test_a_fingerprint_changes_with_what_is_kept() -> None:
    assert fingerprint(b"one") == fingerprint(b"one")
    assert fingerprint(b"one") != fingerprint(b"two")
