"""Damage to one item: what each class changes, and that equal seeds cause equal damage."""

from __future__ import annotations

from random import Random

import pytest

from campaigns.mapping import CAMPAIGN
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.state import Live
from crossfade.testing.corruption.edits import EDITS
from crossfade.testing.corruption.kinds import Corruption, KeyedItem, Selection, StoredItem
from crossfade.testing.corruption.plans import plan

CODEC = Codec(CAMPAIGN)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - repeatable


COLUMNS: dict[str, str | None] = {column.name: None for column in CAMPAIGN.columns} | {
    "id": "0b9c5c1e-3c80-4a2b-9f31-0d6f2a2d1e01",
    "user_id": "u1",
    "slug": "low-tide",
    "name": "Low tide",
    "system": "other",
    "status": "active",
    "tags": "{horror,coast}",
    "party_level": "3",
    "treasury_gp": "12.50",
    "session_count": "0",
    "revision": "1",
    "is_public": "f",
    "created_at": "2026-01-02 03:04:05.678",
    "updated_at": "2026-01-02 03:04:05.678",
}


def campaign(**changes: str | None) -> KeyedItem:
    """Return the ledger key and the item of a campaign."""
    columns = {**COLUMNS, **changes}
    key = CODEC.key_of(columns)
    return KeyedItem(key, CODEC.encode(Live(key, 4, columns)).item)


def selection(*items: KeyedItem) -> Selection:
    return Selection(CODEC, items, 0, (), seeded(1))


def changed(before: StoredItem, after: StoredItem) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.mark.parametrize("corruption", sorted(EDITS))
def test_an_edit_changes_the_content_and_not_the_place(corruption: Corruption) -> None:
    item = campaign().item
    damaged = EDITS[corruption](CAMPAIGN, item, seeded(3))
    assert damaged is not None
    assert changed(item, damaged)
    assert not changed(item, damaged) & {"pk", "sk", "id", "userId"}


@pytest.mark.parametrize("corruption", sorted(EDITS))
def test_equal_seeds_cause_equal_damage(corruption: Corruption) -> None:
    item = campaign().item
    first, second = (EDITS[corruption](CAMPAIGN, item, seeded(11)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("corruption", "field", "value"),
    [
        (Corruption.TRAILING_ZERO_LOST, "treasuryGp", {"S": "12.5"}),
        (Corruption.CHANGED_BOOLEAN, "isPublic", {"BOOL": True}),
        (Corruption.LIST_ORDER, "tags", {"L": [{"S": "coast"}, {"S": "horror"}]}),
        (
            Corruption.LIST_DUPLICATE,
            "tags",
            {"L": [{"S": "horror"}, {"S": "horror"}, {"S": "coast"}]},
        ),
    ],
)
def test_a_class_does_what_its_name_says(
    corruption: Corruption, field: str, value: dict[str, object]
) -> None:
    item = campaign().item
    assert EDITS[corruption](CAMPAIGN, item, seeded(1)) == {**item, field: value}


def test_an_item_that_does_not_suit_a_class_is_skipped() -> None:
    item = campaign(tags=None).item
    assert EDITS[Corruption.LIST_ORDER](CAMPAIGN, item, seeded(1)) is None
    assert plan(Corruption.MISSING_OBJECT, selection(campaign())) is None
    assert plan(Corruption.LOST_DELETE, selection(campaign())) is None
    assert plan(Corruption.SWAPPED_ATTRIBUTES, selection(campaign())) is None


def test_an_item_of_no_version_cannot_be_older() -> None:
    item = {**campaign().item, "cf_v": {"N": "0"}}
    assert EDITS[Corruption.STALE_ITEM](CAMPAIGN, item, seeded(1)) is None


def test_an_extra_item_is_one_that_the_mapping_makes() -> None:
    damage = plan(Corruption.EXTRA_ITEM, selection(campaign()))
    assert damage is not None
    (change,) = damage.changes
    columns = CODEC.decode(getattr(change, "item")).columns  # noqa: B009 - a union of changes
    assert damage.keys == (CODEC.key_of(columns),)
    assert damage.keys != (campaign().key,)
