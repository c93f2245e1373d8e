"""The independent audit finds what differs, and names it."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.actions import create_campaign, create_session, save_transcript
from campaigns.inputs import NewCampaign, NewSession, TranscriptChanges
from support.engines.product import RunningProduct

EDITS: dict[str, tuple[dict[str, Any], str]] = {
    "changed text": ({"name": {"S": "Another"}}, "name"),
    "changed number": ({"partyLevel": {"N": "9"}}, "partyLevel"),
    "changed type": ({"partyLevel": {"S": "1"}}, ""),
    "changed boolean": ({"isPublic": {"BOOL": True}}, "isPublic"),
    "trailing zero lost": ({"treasuryGp": {"S": "0.0"}}, "treasuryGp"),
    "microseconds lost": ({"createdAt": {"S": "2020-01-01T00:00:00.000000"}}, "createdAt"),
    "list order": ({"tags": {"L": [{"S": "coast"}, {"S": "horror"}]}}, "tags"),
    "absent became text": ({"description": {"S": ""}}, "description"),
    "absent became NULL": ({"coverImageKey": {"NULL": True}}, "coverImageKey"),
    "wrong index key": ({"gsi1pk": {"S": "CAMP#other"}}, "gsi1pk"),
    "wrong identifier": ({"__edb_v__": {"S": "2"}}, "__edb_v__"),
    "foreign attribute": ({"surprise": {"S": "x"}}, "surprise"),
    "look-alike": (
        {"slug": {"S": "low-t\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}de"}},
        "slug",
    ),
}


async def one_campaign(product: RunningProduct) -> dict[str, Any]:
    """Make a campaign and return its item."""
    new = NewCampaign(name="Low tide", tags=["horror", "coast"])
    campaign = await create_campaign(product.app, product.user_id, new)
    await product.assert_equal()
    key = {"pk": {"S": f"USER#{product.user_id}"}, "sk": {"S": f"CAMP#{campaign.id}"}}
    answer = product.stores.dynamodb.get_item(TableName=product.stores.table_name, Key=key)
    item: dict[str, Any] = answer["Item"]
    return item


@pytest.mark.parametrize("name", [name for name, (_, field) in EDITS.items() if field])
async def test_a_different_attribute_is_named(product: RunningProduct, name: str) -> None:
    edit, field = EDITS[name]
    item = await one_campaign(product)
    product.stores.dynamodb.put_item(TableName=product.stores.table_name, Item=item | edit)
    (finding,) = (await product.audit()).findings
    assert (finding.entity, finding.kind, finding.fields) == ("campaign", "different", (field,))


async def test_missing_and_extra_items_are_found(product: RunningProduct) -> None:
    item = await one_campaign(product)
    table = product.stores.table_name
    key = {name: item[name] for name in ("pk", "sk")}
    product.stores.dynamodb.delete_item(TableName=table, Key=key)
    product.stores.dynamodb.put_item(TableName=table, Item=item | {"sk": {"S": "CAMP#stray"}})
    result = await product.audit()
    assert {finding.kind for finding in result.findings} == {"missing", "extra"}
    assert not result.is_clean


async def test_a_tombstone_over_a_live_row_is_a_missing_item(product: RunningProduct) -> None:
    item = await one_campaign(product)
    tombstone = {
        "pk": item["pk"],
        "sk": item["sk"],
        "cf_v": {"N": "9"},
        "cf_deleted": {"BOOL": True},
    }
    product.stores.dynamodb.put_item(TableName=product.stores.table_name, Item=tombstone)
    (finding,) = (await product.audit()).findings
    assert finding.kind == "missing"


@pytest.mark.parametrize("damage", ["deleted", "truncated", "other content"])
async def test_damaged_objects_are_found(product: RunningProduct, damage: str) -> None:
    session = await create_session(product.app, product.user_id, NewSession(name="One"))
    changes = TranscriptChanges(expected_revision=session.revision, text="[Brin] Hello? " * 100)
    await save_transcript(product.app, product.user_id, session.id, changes)
    await product.assert_equal()
    bucket = product.stores.bucket
    (listed,) = product.stores.s3.list_objects_v2(Bucket=bucket)["Contents"]
    content = product.stores.s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"].read()
    if damage == "deleted":
        product.stores.s3.delete_object(Bucket=bucket, Key=listed["Key"])
    else:
        body = content[:-8] if damage == "truncated" else b"[Brin] Goodbye."
        product.stores.s3.put_object(Bucket=bucket, Key=listed["Key"], Body=body)
    (finding,) = (await product.audit()).findings
    assert finding.fields == ("transcriptStorageKey",)


async def test_keys_on_their_way_are_counted(product: RunningProduct) -> None:
    await one_campaign(product)
    await product.sql("UPDATE campaigns SET name = 'Later'")
    result = await product.audit()
    campaign = next(entity for entity in result.entities if entity.entity == "campaign")
    assert campaign.pending == 1
    assert not result.is_clean
