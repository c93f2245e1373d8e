"""Every operation of the data plane, as DynamoDB JSON in and out, on every engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from crossfade.dynamo import Client, batch_get, batch_write, items, pages
from crossfade.errors import (
    ConditionFailed,
    InvalidRequest,
    NoSuchStore,
    TransactionCanceled,
)
from support.dynamo_tables import item, key, table_of
from support.engines.values import DynamoEngine

TYPES: dict[str, Any] = {
    "text": {"S": "naïve 🐉 \u2028"},
    "empty": {"S": ""},
    "number": {"N": "-12345678901234567890.123456789012345678"},
    "bytes": {"B": "AAEC/w=="},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "list": {"L": [{"S": "a"}, {"NULL": True}, {"N": "1"}]},
    "map": {"M": {"inner": {"M": {"deep": {"S": "x"}}}}},
}


@pytest.fixture
async def table(name_prefix: str) -> str:
    return f"{name_prefix}operations"


@pytest.fixture
async def client(dynamo: DynamoEngine, table: str) -> AsyncIterator[Client]:
    async with table_of(dynamo, table) as client:
        yield client


async def put(client: Client, table: str, *numbers: int) -> None:
    for number in numbers:
        await client.call("PutItem", {"TableName": table, "Item": item(number)})


async def get(client: Client, table: str, number: int = 0) -> dict[str, Any] | None:
    request = {"TableName": table, "Key": key(number), "ConsistentRead": True}
    found: dict[str, Any] | None = (await client.call("GetItem", request)).get("Item")
    return found


async def test_put_and_get_carry_every_type_unchanged(client: Client, table: str) -> None:
    stored = {**key(), **TYPES}
    answer = await client.call("PutItem", {"TableName": table, "Item": stored})
    assert answer == {}
    assert await get(client, table) == stored


async def test_get_of_a_key_without_item_is_empty(client: Client, table: str) -> None:
    assert await get(client, table) is None


async def test_put_returns_what_it_replaced(client: Client, table: str) -> None:
    await put(client, table, 0)
    request = {"TableName": table, "Item": item(0, 2), "ReturnValues": "ALL_OLD"}
    assert (await client.call("PutItem", request))["Attributes"] == item(0, 1)


async def test_update_changes_and_returns_attributes(client: Client, table: str) -> None:
    await put(client, table, 0)
    answer = await client.call(
        "UpdateItem",
        {
            "TableName": table,
            "Key": key(),
            "UpdateExpression": "SET #t = :t ADD cf_v :one",
            "ExpressionAttributeNames": {"#t": "title"},
            "ExpressionAttributeValues": {":t": {"S": "new"}, ":one": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
        },
    )
    assert answer["Attributes"] == item(0, 2, title="new")


async def test_delete_removes_the_item(client: Client, table: str) -> None:
    await put(client, table, 0)
    await client.call("DeleteItem", {"TableName": table, "Key": key()})
    assert await get(client, table) is None


async def test_a_failed_condition_is_its_own_error(
    client: Client, table: str, dynamo: DynamoEngine
) -> None:
    await put(client, table, 0)
    request = {
        "TableName": table,
        "Item": item(0, 9),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ConditionFailed) as caught:
        await client.call("PutItem", request)
    if "return_values_on_condition_check_failure" in dynamo.supports:
        assert caught.value.item == item(0, 1)
    else:
        assert caught.value.item is None
    assert await get(client, table) == item(0, 1)


async def test_query_selects_and_orders(client: Client, table: str) -> None:
    await put(client, table, 3, 1, 2, 5)
    request = {
        "TableName": table,
        "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
        "ExpressionAttributeValues": {
            ":p": {"S": "p"},
            ":a": key(1)["sk"],
            ":b": key(3)["sk"],
        },
        "ScanIndexForward": False,
    }
    answer = await client.call("Query", request)
    assert answer["Items"] == [item(3), item(2), item(1)]
    assert answer["Count"] == 3


async def test_pages_of_a_query_follow_each_other(client: Client, table: str) -> None:
    await put(client, table, *range(7))
    request = {
        "TableName": table,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "p"}},
        "Limit": 3,
    }
    sizes = [page["Count"] async for page in pages(client, "Query", request)]
    assert sizes == [3, 3, 1]
    found = [entry async for entry in items(client, "Query", request)]
    assert found == [item(number) for number in range(7)]


async def test_scan_reads_everything_across_pages(client: Client, table: str) -> None:
    await put(client, table, *range(7))
    found = [entry async for entry in items(client, "Scan", {"TableName": table, "Limit": 2})]
    assert sorted(entry["sk"]["S"] for entry in found) == [f"{n:06}" for n in range(7)]


async def test_batches_of_any_size_are_written_and_read(client: Client, table: str) -> None:
    requests = [{"PutRequest": {"Item": item(number)}} for number in range(130)]
    await batch_write(client, table, requests)
    keys = [key(number) for number in range(140)]
    found = await batch_get(client, table, [*keys, key(0)])
    assert sorted(entry["sk"]["S"] for entry in found) == [f"{n:06}" for n in range(130)]


async def test_batches_delete(client: Client, table: str) -> None:
    await put(client, table, 0, 1)
    await batch_write(client, table, [{"DeleteRequest": {"Key": key(0)}}])
    assert await get(client, table, 0) is None
    assert await get(client, table, 1) == item(1)


async def test_raw_batch_operations_answer_as_dynamodb_does(client: Client, table: str) -> None:
    written = await client.call(
        "BatchWriteItem", {"RequestItems": {table: [{"PutRequest": {"Item": item()}}]}}
    )
    assert written["UnprocessedItems"] == {}
    read = await client.call("BatchGetItem", {"RequestItems": {table: {"Keys": [key()]}}})
    assert read["Responses"] == {table: [item()]}


async def test_a_transaction_writes_all_and_reads_all(
    client: Client, table: str, dynamo: DynamoEngine
) -> None:
    if "transactions" not in dynamo.supports:
        pytest.skip(f"{dynamo.name} has no transactions")
    await put(client, table, 2)
    await client.call(
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": table, "Item": item(0)}},
                {"Put": {"TableName": table, "Item": item(1)}},
                {"Delete": {"TableName": table, "Key": key(2)}},
            ]
        },
    )
    answer = await client.call(
        "TransactGetItems",
        {"TransactItems": [{"Get": {"TableName": table, "Key": key(n)}} for n in range(3)]},
    )
    assert [entry.get("Item") for entry in answer["Responses"]] == [item(0), item(1), None]


async def test_a_refused_transaction_has_its_reasons_and_writes_nothing(
    client: Client, table: str, dynamo: DynamoEngine
) -> None:
    if "transactions" not in dynamo.supports:
        pytest.skip(f"{dynamo.name} has no transactions")
    await put(client, table, 1)
    refused = {
        "TableName": table,
        "Item": item(1, 9),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(TransactionCanceled) as caught:
        await client.call(
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": table, "Item": item(0)}}, {"Put": refused}]},
        )
    assert [reason.code for reason in caught.value.reasons] == ["None", "ConditionalCheckFailed"]
    assert caught.value.reasons[1].item == item(1)
    assert await get(client, table, 0) is None


async def test_a_missing_table_is_its_own_error(client: Client) -> None:
    with pytest.raises(NoSuchStore, match="create the table"):
        await client.call("GetItem", {"TableName": "no-such-table", "Key": key()})


async def test_a_refused_request_names_the_fault_but_no_value(client: Client, table: str) -> None:
    secret = "a-value-that-must-stay-inside"
    request = {"TableName": table, "Item": {**key(), "n": {"N": secret}}}
    with pytest.raises(InvalidRequest) as caught:
        await client.call("PutItem", request)
    assert "PutItem" in str(caught.value)
    assert secret not in str(caught.value)


async def test_an_item_of_nearly_400_kb_passes_and_a_larger_one_is_refused(
    client: Client, table: str
) -> None:
    largest = item(0, 1, body="x" * 409_000)
    await client.call("PutItem", {"TableName": table, "Item": largest})
    assert await get(client, table) == largest
    with pytest.raises(InvalidRequest):
        await client.call("PutItem", {"TableName": table, "Item": item(1, 1, body="x" * 410_000)})
