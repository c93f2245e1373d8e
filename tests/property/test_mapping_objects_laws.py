"""Names of objects: no two rows share one, and every name leads back to its row."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crossfade.errors import InvalidKey, Unmappable
from crossfade.mapping.object_keys import ObjectKey, object_key, parse_object_key

DIGEST = "0123456789abcdef" * 4
PARTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
TRICKY = st.text("./,%2Ea", min_size=1)
ROW_IDS = st.lists(PARTS | TRICKY, min_size=1, max_size=3).map(tuple)


def named(row_id: tuple[str, ...]) -> str:
    try:
        return object_key("t", row_id, DIGEST)
    except Unmappable:
        assume(False)
        raise


@given(ROW_IDS)
def test_every_name_leads_back_to_its_row(row_id: tuple[str, ...]) -> None:
    assert parse_object_key(named(row_id)) == ObjectKey("t", row_id, DIGEST)


@given(ROW_IDS, ROW_IDS)
def test_two_rows_never_share_a_name(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (named(one) == named(other)) == (one == other)


@given(ROW_IDS)
def test_every_part_of_a_name_is_a_harmless_file_name(row_id: tuple[str, ...]) -> None:
    text = named(row_id)
    assert text.isascii()
    for component in text.split("/"):
        assert 1 <= len(component) <= 255
        assert not component.startswith(".")
    assert text.count("/") == 2


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.text("t/.,%2Ea0", min_size=1, max_size=12))
def test_what_parses_is_what_would_be_made(middle: str) -> None:
    text = f"t/{middle}/{DIGEST}"
    try:
        parsed = parse_object_key(text)
    except InvalidKey:
        assume(False)
        raise
    assert str(parsed) == text
