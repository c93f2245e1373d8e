"""Rows become items: keys by shape, attributes by rule, bodies by pointer; deletes tombstones."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from crossfade.errors import TooLarge, Unmappable
from crossfade.mapping import Codec, Column, Mapping, NewObject, Rule, Shape
from crossfade.mapping.codec.item_size import ITEM_BYTES_MAX, item_bytes
from crossfade.mapping.state import BodyRef, Deleted, Key
from support.mappings import CAMPAIGN_ID, ROW, SESSION, live, row_of, table

CODEC = Codec(SESSION)
DIGEST = "0123456789abcdef" * 4


def test_a_row_becomes_an_item_that_electrodb_reads() -> None:
    draft = CODEC.encode(live(CODEC, 3))
    assert draft.objects == ()
    assert draft.item == {
        "pk": {"S": f"CAMP#{CAMPAIGN_ID}"},
        "sk": {"S": "SESS#s-1"},
        "gsi1pk": {"S": "SESS#s-1"},
        "gsi1sk": {"S": "S"},
        "gsi2pk": {"S": f"CAMP#{CAMPAIGN_ID}"},
        "gsi2sk": {"S": "NUMBER#7"},
        "__edb_e__": {"S": "session"},
        "__edb_v__": {"S": "1"},
        "id": {"S": "s-1"},
        "userId": {"S": "u-1"},
        "campaignId": {"S": CAMPAIGN_ID},
        "number": {"N": "7"},
        "title": {"S": "The Sunless Citadel"},
        "startedAt": {"S": "2026-03-01T18:30:00.500000Z"},
        "tags": {"L": [{"S": "kobolds"}, {"NULL": True}]},
        "isStarred": {"BOOL": True},
        "cf_v": {"N": "3"},
        "cf_m": {"N": "4"},
    }


def test_the_keys_are_those_the_entity_makes() -> None:
    item = CODEC.encode(live(CODEC)).item
    values = {"sessionId": "s-1", "userId": "u-1", "campaignId": CAMPAIGN_ID, "number": 7}
    keys = SESSION.entities[0].key_fields(values)
    assert {field: {"S": text} for field, text in keys.items()}.items() <= item.items()


def test_a_row_without_the_first_shape_s_columns_takes_the_next_shape() -> None:
    item = CODEC.encode(live(CODEC, campaign_id=None)).item
    assert item["pk"] == {"S": "USER#u-1"}
    assert item["__edb_e__"] == {"S": "unfiled"}
    assert "campaignId" not in item
    assert "gsi2pk" not in item


def test_a_row_is_in_a_secondary_index_only_with_all_its_columns() -> None:
    item = CODEC.encode(live(CODEC, number=None)).item
    assert not {"gsi2pk", "gsi2sk"} & item.keys()
    assert item["gsi1pk"] == {"S": "SESS#s-1"}


@pytest.mark.parametrize(
    ("campaign_id", "parts"),
    [(CAMPAIGN_ID, ("s-1", CAMPAIGN_ID, None)), (None, ("s-1", None, "u-1"))],
)
def test_a_ledger_key_holds_what_the_item_s_key_is_made_of(
    campaign_id: str | None, parts: tuple[str | None, ...]
) -> None:
    columns = {**ROW, "campaign_id": campaign_id}
    key = CODEC.key_of(columns)
    assert key == Key("session", parts)
    item = CODEC.encode(live(CODEC, campaign_id=campaign_id)).item
    assert CODEC.table_key(key) == {"pk": item["pk"], "sk": item["sk"]}


def test_a_tombstone_needs_the_ledger_key_alone() -> None:
    gone = Deleted(Key("session", ("s-1", None, "u-1")), 9)
    assert CODEC.tombstone(gone) == {
        "pk": {"S": "USER#u-1"},
        "sk": {"S": "SESS#s-1"},
        "cf_v": {"N": "9"},
        "cf_deleted": {"BOOL": True},
    }


@pytest.mark.parametrize("parts", [("s-1", None, None), ("s-1", CAMPAIGN_ID, "u-1"), ("s-1",), ()])
def test_a_ledger_key_of_another_mapping_is_refused(parts: tuple[str | None, ...]) -> None:
    with pytest.raises(Unmappable, match="matches no shape"):
        CODEC.table_key(Key("session", parts))


def test_an_item_is_read_back_as_the_row_it_was_made_from() -> None:
    stored = CODEC.decode(CODEC.encode(live(CODEC, 3)).item)
    assert stored.columns == ROW
    assert (stored.version, stored.mapping_version) == (3, 4)
    assert stored.objects == {}


def test_a_body_s_pointer_is_made_from_its_digest() -> None:
    known = BodyRef("transcript", DIGEST, 10, stored=True)
    draft = CODEC.encode(live(CODEC, 1, known))
    assert draft.item["transcriptStorageKey"] == {"S": f"transcripts/s-1/{DIGEST}"}
    assert draft.objects == ()
    assert CODEC.decode(draft.item).objects == {"transcript": f"transcripts/s-1/{DIGEST}"}


def test_a_body_that_is_not_known_as_stored_is_asked_for() -> None:
    draft = CODEC.encode(live(CODEC, 1, BodyRef("transcript", DIGEST, 10, stored=False)))
    assert draft.objects == (NewObject(f"transcripts/s-1/{DIGEST}", "transcript", DIGEST),)


def test_overflow_bodies_move_out_in_declared_order_until_the_item_fits() -> None:
    notes, summary = "n" * 300_000, "s" * 300_000
    draft = CODEC.encode(live(CODEC, notes=notes, summary=summary))
    digest = sha256(notes.encode()).hexdigest()
    pointer = f"notes/s-1/{digest}"
    assert draft.objects == (NewObject(pointer, "notes", digest, notes),)
    assert draft.item["notesStorageKey"] == {"S": pointer}
    assert "notes" not in draft.item
    assert draft.item["summary"] == {"S": summary}
    stored = CODEC.decode(draft.item)
    assert stored.objects == {"notes": pointer}
    assert stored.columns["notes"] is None


def test_an_item_that_fits_to_the_byte_is_not_changed() -> None:
    room = ITEM_BYTES_MAX - item_bytes(CODEC.encode(live(CODEC, notes="")).item)
    exact = CODEC.encode(live(CODEC, notes="n" * room))
    assert item_bytes(exact.item) == ITEM_BYTES_MAX
    assert exact.objects == ()
    assert [each.column for each in CODEC.encode(live(CODEC, notes="n" * (room + 1))).objects] == [
        "notes"
    ]


def test_bytes_are_counted_not_characters() -> None:
    assert CODEC.encode(live(CODEC, notes="é" * 204_000)).objects == ()
    assert CODEC.encode(live(CODEC, notes="€" * 204_000)).objects


def test_an_item_that_never_fits_is_refused_with_its_size() -> None:
    with pytest.raises(TooLarge) as refusal:
        CODEC.encode(live(CODEC, title="t" * 500_000, notes="n" * 500_000))
    assert refusal.value.item_bytes > 500_000
    assert refusal.value.item_bytes_max == 409_600


@pytest.mark.parametrize(
    ("changes", "field", "kind"),
    [
        ({"id": ""}, "id", "empty text in a key"),
        ({"id": "x" * 1020}, "id", "a key of 1025 bytes"),
        ({"campaign_id": None, "user_id": "é" * 1022}, "user_id", "a key of 2049 bytes"),
        ({"started_at": "2026-03-01 18:30:00+01"}, "started_at", "not a timestamp"),
        ({"tags": "no array"}, "tags", "not an array literal"),
        ({"is_starred": "true"}, "is_starred", "not a boolean"),
    ],
)
def test_what_has_no_exact_form_is_refused_by_column_and_kind(
    changes: dict[str, str | None], field: str, kind: str
) -> None:
    with pytest.raises(Unmappable, match=kind) as refusal:
        CODEC.encode(row_of({**ROW, **changes}))
    assert refusal.value.field == field
    for text in changes.values():
        assert not text or text not in str(refusal.value)


def test_keys_may_be_as_long_as_dynamodb_takes() -> None:
    assert CODEC.encode(live(CODEC, id="x" * 1019)).item["sk"] == {"S": "SESS#" + "x" * 1019}


def test_a_column_the_declaration_calls_required_is_not_null_in_a_key() -> None:
    with pytest.raises(Unmappable, match="user_id: NULL in a key"):
        CODEC.encode(live(CODEC, campaign_id=None, user_id=None))


def pair(first_type: str = "text", template: str = "T#${a}#${b}") -> Codec:
    """Return a codec with two columns in its partition key."""
    return Codec(
        Mapping(
            name="pair",
            table="public.pairs",
            primary_key=("a", "b"),
            columns=(Column("a", first_type, required=True), Column("b", "text", required=True)),
            shapes=(Shape("pair", {"record": table(template, "PAIR")}),),
            service="test",
        )
    )


@pytest.mark.parametrize(
    ("template", "text"),
    [("T#${a}#${b}", "x#y"), ("T#${a}#${b}", "x#"), ("T#${a}##${b}", "x#")],
)
def test_a_text_that_holds_the_separator_after_it_is_refused(template: str, text: str) -> None:
    with pytest.raises(Unmappable, match="contains the separator"):
        pair(template=template).table_key(Key("pair", (text, "z")))


def test_a_text_that_shares_a_character_with_the_separator_is_not_refused() -> None:
    key = pair(template="${a}ab${b}").table_key(Key("pair", ("xa", "z")))
    assert key["pk"] == {"S": "xaabz"}


def test_a_separator_inside_a_uuid_is_not_ambiguous() -> None:
    codec = pair("uuid", "${a}-${b}")
    assert codec.table_key(Key("pair", (CAMPAIGN_ID, "z")))["pk"] == {"S": f"{CAMPAIGN_ID}-z"}


def test_an_integer_that_javascript_cannot_hold_is_refused_in_a_key() -> None:
    codec = pair("bigint")
    assert codec.table_key(Key("pair", ("9007199254740991", "z")))
    with pytest.raises(Unmappable, match="beyond 2\\^53"):
        codec.table_key(Key("pair", ("-9007199254740993", "z")))


@pytest.mark.parametrize(
    ("column_type", "text", "rendered"),
    [
        ("boolean", "t", "true"),
        ("boolean", "f", "false"),
        ("integer", "-7", "-7"),
        ("timestamp with time zone", "2026-03-01 18:30:00+00", "2026-03-01T18:30:00.000000Z"),
        ("bytea", "\\x00ff", "AP8="),
    ],
)
def test_keys_hold_columns_as_their_rule_says(column_type: str, text: str, rendered: str) -> None:
    assert pair(column_type).table_key(Key("pair", (text, "z")))["pk"] == {"S": f"T#{rendered}#z"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", {"N": "1"}),
        ("number", {"S": "7"}),
        ("number", {"N": "seven"}),
        ("isStarred", {"BOOL": "yes"}),
        ("tags", {"L": [{"N": "1"}]}),
        ("startedAt", {"NULL": True}),
        ("cf_v", {"S": "3"}),
        ("transcriptStorageKey", {"N": "1"}),
    ],
)
def test_a_value_that_the_mapping_never_writes_is_refused(
    field: str, value: dict[str, object]
) -> None:
    item = {**CODEC.encode(live(CODEC)).item, field: value}
    with pytest.raises(Unmappable, match="stored"):
        CODEC.decode(item)


@pytest.mark.parametrize(
    "stored",
    ["2026-03-01T18:30:00.5Z", "2026-03-01T18:30:00.5000000Z", "2026-03-01T18:30:00.500000"],
)
def test_a_time_in_another_spelling_is_not_taken_for_the_row_s(stored: str) -> None:
    item = {**CODEC.encode(live(CODEC)).item, "startedAt": {"S": stored}}
    assert CODEC.decode(item).columns["started_at"] != ROW["started_at"]


def test_a_tombstone_is_no_record() -> None:
    with pytest.raises(Unmappable, match="cf_m"):
        CODEC.decode(CODEC.tombstone(Deleted(CODEC.key_of(ROW), 2)))


def test_columns_of_a_type_the_rule_does_not_read_are_refused_when_compared() -> None:
    columns = tuple(
        replace(column, type="jsonb", rule=Rule.DOCUMENT) if column.name == "notes" else column
        for column in SESSION.columns
    )
    codec = Codec(replace(SESSION, columns=columns))
    with pytest.raises(Unmappable, match="notes: not a JSON text"):
        codec.canonical({**ROW, "notes": "{"})
