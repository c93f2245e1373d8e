"""The HTTP proxy before real DynamoDB implementations, spoken to by AWS's own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import (
    ChecksumError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from crossfade.testing import (
    Answer,
    CorruptBody,
    Cut,
    Delay,
    Duplicate,
    Forwarded,
    Hold,
    HttpProxy,
    LoseAnswer,
    Rule,
    ServerError,
    Stall,
    Throttle,
    Truncate,
    Unprocessed,
    WrongChecksum,
)
from support.engines.clients import boto_client, create_table
from support.engines.values import DynamoEngine


@dataclass(frozen=True, slots=True)
class Site:
    """A table, a proxy before it, and AWS's client on either side of the proxy."""

    table: str
    proxy: HttpProxy
    near: Any
    far: Any

    async def put(self, key: str, **attributes: dict[str, str]) -> dict[str, Any]:
        """Write one item through the proxy."""
        item = {"pk": {"S": key}, "sk": {"S": "0"}, **attributes}
        return await self.call("put_item", Item=item)

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation on the table through the proxy."""
        function = getattr(self.far, operation)
        answer = await asyncio.to_thread(function, TableName=self.table, **parameters)
        assert isinstance(answer, dict)
        return answer

    def keys(self) -> set[str]:
        """Return the keys in the table, read without the proxy."""
        return {item["pk"]["S"] for item in self.near.scan(TableName=self.table)["Items"]}


@pytest.fixture
async def site(dynamo: DynamoEngine, name_prefix: str) -> AsyncIterator[Site]:
    """The table is made behind the proxy's back, so that the record starts empty."""
    near = boto_client(dynamo)
    create_table(near, f"{name_prefix}t")
    async with HttpProxy(dynamo.endpoint) as proxy:
        far = boto_client(dynamo, proxy.endpoint)
        yield Site(f"{name_prefix}t", proxy, near, far)
        far.close()
    near.close()


async def test_requests_pass_without_a_rule(site: Site) -> None:
    await site.put("a")
    assert site.keys() == {"a"}
    assert site.proxy.record.arrived() == site.proxy.record.forwarded("PutItem", status=200) == 1


async def test_throttling_strikes_so_many_times_and_then_passes(site: Site) -> None:
    site.proxy.add(Rule(Throttle(), operation="PutItem", times=2))
    for _ in range(2):
        with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
            await site.put("a")
    assert site.keys() == set()
    await site.put("a")
    assert site.keys() == {"a"}
    assert site.proxy.record.arrived("PutItem", fault=Throttle) == 2


async def test_a_rule_strikes_only_what_it_names(site: Site) -> None:
    site.proxy.add(
        Rule(Throttle("ThrottlingException"), where=lambda one: b'"struck"' in one.message.body)
    )
    await site.put("other")
    with pytest.raises(ClientError, match="ThrottlingException"):
        await site.put("struck")
    assert site.keys() == {"other"}


async def test_a_rule_lets_the_first_requests_pass(site: Site) -> None:
    site.proxy.add(Rule(Throttle(), operation="Put*", skip=1, times=1))
    await site.put("a")
    with pytest.raises(ClientError):
        await site.put("b")
    await site.put("c")
    assert site.keys() == {"a", "c"}


async def test_cleared_rules_strike_no_more(site: Site) -> None:
    site.proxy.add(Rule(ServerError()))
    with pytest.raises(ClientError, match="InternalServerError"):
        await site.put("a")
    site.proxy.clear()
    await site.put("a")


@pytest.mark.parametrize(
    ("status", "code"), [(400, "ExpiredTokenException"), (503, "ServiceUnavailable")]
)
async def test_any_error_can_be_answered(site: Site, status: int, code: str) -> None:
    site.proxy.add(Rule(Answer(status, code)))
    with pytest.raises(ClientError, match=code) as caught:
        await site.put("a")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


async def test_a_cut_request_never_reaches_the_server(site: Site) -> None:
    site.proxy.add(Rule(Cut(), operation="PutItem"))
    with pytest.raises(ConnectionClosedError):
        await site.put("a")
    assert site.keys() == set()


async def test_a_lost_answer_is_a_write_that_happened(site: Site) -> None:
    site.proxy.add(Rule(LoseAnswer(cut=True), operation="PutItem"))
    with pytest.raises(ConnectionClosedError):
        await site.put("a")
    assert site.keys() == {"a"}


@pytest.mark.parametrize(("fault", "written"), [(Stall(), set()), (LoseAnswer(), {"a"})])
async def test_silence_lasts_until_the_client_gives_up(
    site: Site, dynamo: DynamoEngine, fault: Stall | LoseAnswer, written: set[str]
) -> None:
    impatient = boto_client(dynamo, site.proxy.endpoint, read_seconds_max=0.3)
    site.proxy.add(Rule(fault, operation="PutItem"))
    item = {"pk": {"S": "a"}, "sk": {"S": "0"}}
    with pytest.raises(ReadTimeoutError):
        await asyncio.to_thread(impatient.put_item, TableName=site.table, Item=item)
    await site.proxy.record.until(lambda record: record.forwarded("PutItem") == len(written))
    assert site.keys() == written
    impatient.close()


async def test_a_delayed_request_is_done(site: Site) -> None:
    site.proxy.add(Rule(Delay(0.01)))
    await site.put("a")
    assert site.keys() == {"a"}


async def test_a_held_request_is_overtaken_by_a_later_one(site: Site) -> None:
    release = asyncio.Event()
    site.proxy.add(Rule(Hold(release), operation="PutItem", times=1))
    older = asyncio.create_task(site.put("a", title={"S": "older"}))
    await site.proxy.record.until(lambda record: record.arrived("PutItem") == 1)
    await site.put("a", title={"S": "newer"})
    assert site.near.scan(TableName=site.table)["Items"][0]["title"] == {"S": "newer"}
    release.set()
    await older
    assert site.near.scan(TableName=site.table)["Items"][0]["title"] == {"S": "older"}


async def test_a_duplicate_arrives_when_its_event_is_set(site: Site) -> None:
    again = asyncio.Event()
    site.proxy.add(Rule(Duplicate(again), operation="PutItem", times=1))
    await site.put("a", title={"S": "older"})
    await site.put("a", title={"S": "newer"})
    again.set()
    await site.proxy.record.until(lambda record: record.forwarded("PutItem") == 3)
    assert site.near.scan(TableName=site.table)["Items"][0]["title"] == {"S": "older"}
    assert site.proxy.record.arrived("PutItem") == 2


async def test_a_duplicate_without_an_event_arrives_at_once(site: Site) -> None:
    site.proxy.add(Rule(Duplicate(), operation="PutItem", times=1))
    await site.put("a")
    await site.proxy.record.until(lambda record: record.forwarded("PutItem", status=200) == 2)


async def test_a_batch_write_is_done_in_part(site: Site) -> None:
    site.proxy.add(Rule(Unprocessed(processed=2), operation="BatchWriteItem", times=1))
    puts = [{"PutRequest": {"Item": {"pk": {"S": key}, "sk": {"S": "0"}}}} for key in "abcd"]
    answer = await asyncio.to_thread(site.far.batch_write_item, RequestItems={site.table: puts})
    assert answer["UnprocessedItems"] == {site.table: puts[2:]}
    assert site.keys() == {"a", "b"}
    answer = await asyncio.to_thread(
        site.far.batch_write_item, RequestItems=answer["UnprocessedItems"]
    )
    assert answer["UnprocessedItems"] == {}
    assert site.keys() == {"a", "b", "c", "d"}


async def test_a_batch_write_is_not_done_at_all(site: Site) -> None:
    site.proxy.add(Rule(Unprocessed(), operation="BatchWriteItem"))
    puts = [{"PutRequest": {"Item": {"pk": {"S": "a"}, "sk": {"S": "0"}}}}]
    answer = await asyncio.to_thread(site.far.batch_write_item, RequestItems={site.table: puts})
    assert answer["UnprocessedItems"] == {site.table: puts}
    assert site.proxy.record.forwarded() == 0


async def test_a_batch_read_is_done_in_part(site: Site) -> None:
    await site.put("a")
    await site.put("b")
    site.proxy.add(Rule(Unprocessed(processed=1), operation="BatchGetItem"))
    keys = [{"pk": {"S": key}, "sk": {"S": "0"}} for key in "ab"]
    wanted = {site.table: {"Keys": keys, "ConsistentRead": True}}
    answer = await asyncio.to_thread(site.far.batch_get_item, RequestItems=wanted)
    assert [item["pk"] for item in answer["Responses"][site.table]] == [{"S": "a"}]
    assert answer["UnprocessedKeys"][site.table]["Keys"] == keys[1:]
    assert answer["UnprocessedKeys"][site.table]["ConsistentRead"] is True


async def test_a_fault_that_does_not_fit_is_raised_when_the_proxy_ends(
    ministack: DynamoEngine,
) -> None:
    proxy = HttpProxy(ministack.endpoint)
    await proxy.open()
    proxy.add(Rule(Unprocessed()))
    far = boto_client(ministack, proxy.endpoint)
    with pytest.raises(ConnectionClosedError):
        await asyncio.to_thread(far.list_tables)
    far.close()
    with pytest.raises(ValueError, match="not ListTables"):
        await proxy.close()


@pytest.mark.parametrize("fault", [WrongChecksum(), CorruptBody()])
async def test_a_spoilt_answer_does_not_match_its_checksum(
    site: Site, fault: WrongChecksum | CorruptBody
) -> None:
    await site.put("a")
    key = {"pk": {"S": "a"}, "sk": {"S": "0"}}
    site.proxy.add(Rule(fault, operation="GetItem", times=1))
    with pytest.raises(ChecksumError):
        await site.call("get_item", Key=key)
    assert (await site.call("get_item", Key=key))["Item"] == key


async def test_a_truncated_answer_ends_early(site: Site) -> None:
    await site.put("a", title={"S": "x" * 1_000})
    site.proxy.add(Rule(Truncate(100), operation="GetItem"))
    with pytest.raises(ConnectionClosedError):
        await site.call("get_item", Key={"pk": {"S": "a"}, "sk": {"S": "0"}})


async def test_the_record_names_what_the_server_answered(site: Site) -> None:
    with pytest.raises(ClientError):
        await site.call("put_item", Item={"pk": {"S": "without a sort key"}})
    assert site.proxy.record.forwarded("PutItem", status=400) == 1
    assert isinstance(site.proxy.record.events[-1], Forwarded)


async def test_refused_connections_are_taken_again_on_the_same_port(site: Site) -> None:
    endpoint = site.proxy.endpoint
    await site.proxy.refuse()
    with pytest.raises(EndpointConnectionError):
        await site.put("a")
    await site.proxy.accept()
    assert site.proxy.endpoint == endpoint
    await site.put("a")
    assert site.keys() == {"a"}


async def test_waiting_for_what_does_not_come_ends(site: Site) -> None:
    with pytest.raises(TimeoutError):
        await site.proxy.record.until(lambda record: record.arrived() > 0, seconds_max=0.05)
