"""Keys of rows: different rows have different keys, and names clash with nothing."""

from __future__ import annotations

import pytest

from campaigns.mapping import (
    APPEARANCE,
    APPLICATION,
    CAMPAIGN,
    CHARACTER,
    MEMBER,
    SESSION,
    USER,
)
from crossfade.mapping import Mapping, Rule, Shape

SHAPES = [(mapping, shape) for mapping in APPLICATION.mappings for shape in mapping.shapes]
NAMES = [shape.entity for _, shape in SHAPES]


def templates(shape: Shape) -> list[str]:
    return [
        f"{index[side]['field']}={index[side]['template']}"
        for index in shape.indexes.values()
        for side in ("pk", "sk")
    ]


def test_the_keys_are_those_that_readers_build() -> None:
    keys = {shape.entity: templates(shape) for _, shape in SHAPES}
    assert keys == {
        "user": ["pk=USER#${userId}", "sk=PROFILE"],
        "campaign": [
            "pk=USER#${userId}",
            "sk=CAMP#${campaignId}",
            "gsi1pk=CAMP#${campaignId}",
            "gsi1sk=CAMPAIGN",
        ],
        "session": [
            "pk=CAMP#${campaignId}",
            "sk=SESS#${sessionId}",
            "gsi1pk=SESS#${sessionId}",
            "gsi1sk=SESSION",
        ],
        "unfiledSession": [
            "pk=UNFILED#${userId}",
            "sk=SESS#${sessionId}",
            "gsi1pk=SESS#${sessionId}",
            "gsi1sk=SESSION",
        ],
        "member": [
            "pk=CAMP#${campaignId}",
            "sk=MEMB#${userId}",
            "gsi1pk=USER#${userId}",
            "gsi1sk=MEMB#${campaignId}",
        ],
        "character": [
            "pk=CAMP#${campaignId}",
            "sk=CHAR#${characterId}",
            "gsi1pk=CHAR#${characterId}",
            "gsi1sk=CHARACTER",
        ],
        "appearance": [
            "pk=SESS#${sessionId}",
            "sk=CHAR#${characterId}",
            "gsi1pk=CHAR#${characterId}",
            "gsi1sk=SESS#${sessionId}",
        ],
        "apiToken": [
            "pk=USER#${userId}",
            "sk=TOKEN#${tokenId}",
            "gsi1pk=TOKEN#${digest}",
            "gsi1sk=TOKEN",
        ],
    }


@pytest.mark.parametrize(("mapping", "shape"), SHAPES, ids=NAMES)
def test_every_key_keeps_the_case_of_ids_and_names_known_attributes(
    mapping: Mapping, shape: Shape
) -> None:
    attributes = {column.attribute for column in mapping.columns}
    for index in shape.indexes.values():
        for side in ("pk", "sk"):
            assert index[side]["casing"] == "none"
            assert set(index[side]["composite"]) <= attributes


def test_no_two_kinds_of_items_share_a_key() -> None:
    """The literal parts of partition and sort key differ, so no ids make two keys equal."""
    heads = [
        tuple(shape.indexes["record"][side]["template"].split("#")[0] for side in ("pk", "sk"))
        for _, shape in SHAPES
    ]
    assert len(set(heads)) == len(heads)


def test_a_session_without_a_campaign_is_keyed_by_its_user() -> None:
    filed, unfiled = SESSION.shapes
    assert filed.table_composites() == ("campaignId", "sessionId")
    assert unfiled.table_composites() == ("userId", "sessionId")
    assert SESSION.key_columns == ("id", "campaign_id", "user_id")


@pytest.mark.parametrize("mapping", APPLICATION.mappings, ids=lambda mapping: mapping.name)
def test_no_two_attributes_share_a_name(mapping: Mapping) -> None:
    columns = mapping.columns
    fields = [column.field for column in columns] + [body.attribute for body in mapping.bodies]
    attributes = [column.attribute for column in columns]
    assert len(set(fields)) == len(fields)
    assert len(set(attributes)) == len(attributes)
    for column in columns:
        others = {other.attribute for other in columns if other is not column}
        assert column.field not in others


def test_the_ids_of_rows_are_stored_as_id() -> None:
    own = {"user": USER, "campaign": CAMPAIGN, "session": SESSION, "character": CHARACTER}
    for name, mapping in own.items():
        column = mapping.columns[0]
        assert (column.attribute, column.field) == (f"{name}Id", "id")
    for mapping in (MEMBER, APPEARANCE):
        assert all(column.field == column.attribute for column in mapping.columns)


def test_transcripts_always_live_in_s3() -> None:
    bodies = {body.column: body for body in SESSION.bodies if not body.overflow_only}
    assert {name: (body.attribute, body.prefix) for name, body in bodies.items()} == {
        "transcript_text": ("transcriptStorageKey", "transcripts"),
        "transcript_json": ("transcriptJsonStorageKey", "transcript-json"),
    }


def test_long_columns_may_move_to_s3_each_under_its_own_prefix() -> None:
    bodies = [body for mapping in APPLICATION.mappings for body in mapping.bodies]
    prefixes = [body.prefix for body in bodies]
    assert len(set(prefixes)) == len(prefixes)
    for mapping in APPLICATION.mappings:
        columns = {column.name for column in mapping.columns}
        for body in mapping.bodies:
            assert body.attribute.endswith("StorageKey")
            assert body.overflow_only == (body.column in columns)


def test_numbers_that_readers_cannot_hold_are_text() -> None:
    [discord] = [column for column in USER.columns if column.name == "discord_user_id"]
    assert discord.rule is Rule.TEXT
