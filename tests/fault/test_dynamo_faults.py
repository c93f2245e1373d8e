"""The client behind a proxy that throttles, breaks, delays, corrupts and loses answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from crossfade.dynamo import Client, Target, batch_get, batch_write
from crossfade.errors import (
    AccessDenied,
    ConditionFailed,
    Contended,
    CorruptResponse,
    CrossfadeError,
    Interrupted,
    Overloaded,
    ServerFault,
    Throttled,
    TimedOut,
    Unreachable,
)
from crossfade.testing import (
    Answer,
    Arrived,
    CorruptBody,
    Cut,
    Delay,
    Hold,
    HttpFault,
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
from support.dynamo_tables import config_of, item, key, table_of
from support.engines.values import DynamoEngine


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The event loop of production."""
    return ("asyncio", {"use_uvloop": True})


@dataclass(frozen=True)
class Bench:
    """A table, a client that reaches it through a proxy, and one that reaches it directly."""

    table: str
    proxy: HttpProxy
    client: Client
    direct: Client
    engine: DynamoEngine

    def another(self, **changes: Any) -> Client:
        """A client through the proxy with other limits."""
        return Client(config_of(self.engine, endpoint=self.proxy.endpoint, **changes))

    async def put(self, number: int = 0, client: Client | None = None) -> None:
        request = {"TableName": self.table, "Item": item(number)}
        await (client or self.client).call("PutItem", request)

    async def get(self, number: int = 0, client: Client | None = None) -> dict[str, Any] | None:
        request = {"TableName": self.table, "Key": key(number), "ConsistentRead": True}
        answer = await (client or self.client).call("GetItem", request)
        found: dict[str, Any] | None = answer.get("Item")
        return found

    async def count(self, client: Client) -> None:
        """Add one to the item's number: an operation that must not be sent twice."""
        request = {
            "TableName": self.table,
            "Key": key(),
            "UpdateExpression": "ADD cf_v :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        await client.call("UpdateItem", request)

    def strike(self, fault: HttpFault, operation: str = "*", times: int | None = 1) -> None:
        self.proxy.add(Rule(fault, operation=operation, times=times))


@pytest.fixture
async def bench(dynamo: DynamoEngine, name_prefix: str) -> AsyncIterator[Bench]:
    table = f"{name_prefix}faults"
    async with (
        table_of(dynamo, table) as direct,
        HttpProxy(dynamo.endpoint) as proxy,
        Client(config_of(dynamo, endpoint=proxy.endpoint, attempt_timeout_seconds=8.0)) as client,
    ):
        yield Bench(table, proxy, client, direct, dynamo)


PASSING = [
    Throttle(),
    Throttle("ThrottlingException"),
    ServerError(),
    ServerError(503),
    Answer(400, "TransactionConflictException"),
    Cut(),
    Truncate(0),
    LoseAnswer(cut=True),
    WrongChecksum(),
]


@pytest.mark.parametrize("fault", PASSING, ids=repr)
async def test_a_put_survives_what_passes(bench: Bench, fault: HttpFault) -> None:
    bench.strike(fault, times=2)
    await bench.put()
    assert bench.proxy.record.arrived("PutItem") == 3
    assert await bench.get(client=bench.direct) == item()


LASTING: list[tuple[HttpFault, type[CrossfadeError]]] = [
    (Throttle(), Throttled),
    (ServerError(), ServerFault),
    (Answer(400, "TransactionConflictException"), Contended),
    (Cut(), Unreachable),
    (Truncate(0), Interrupted),
    (WrongChecksum(), CorruptResponse),
]


@pytest.mark.parametrize(("fault", "expected"), LASTING, ids=repr)
async def test_what_lasts_is_raised_after_bounded_attempts(
    bench: Bench, fault: HttpFault, expected: type[CrossfadeError]
) -> None:
    bench.strike(fault, times=None)
    async with bench.another(attempts_max=3) as client:
        with pytest.raises(expected):
            await bench.put(client=client)
    assert bench.proxy.record.arrived("PutItem") == 3


async def test_a_flipped_bit_is_found_by_the_checksum_and_read_again(bench: Bench) -> None:
    await bench.put(client=bench.direct)
    if bench.engine.name == "ministack":
        pytest.skip("ministack sends no checksum")
    bench.strike(CorruptBody(), "GetItem")
    assert await bench.get() == item()
    assert bench.proxy.record.arrived("GetItem") == 2


@pytest.mark.parametrize(
    "code", ["UnrecognizedClientException", "AccessDeniedException", "InvalidSignatureException"]
)
async def test_refused_credentials_are_not_tried_again(bench: Bench, code: str) -> None:
    bench.strike(Answer(400, code), times=None)
    with pytest.raises(AccessDenied, match="credentials"):
        await bench.put()
    assert bench.proxy.record.arrived("PutItem") == 1


async def test_a_silent_server_is_given_up_and_asked_again(bench: Bench) -> None:
    bench.strike(Stall())
    async with bench.another(attempt_timeout_seconds=1.0) as client:
        await bench.put(client=client)
    assert bench.proxy.record.arrived("PutItem") >= 2


async def test_no_attempt_begins_after_the_deadline(bench: Bench) -> None:
    await bench.put()  # over a connection that stays open
    bench.strike(Stall(), times=None)
    request = {"TableName": bench.table, "Key": key()}
    with pytest.raises(TimedOut):
        await bench.client.call("GetItem", request, timeout_seconds=1.0)
    assert bench.proxy.record.arrived("GetItem") == 1


async def test_a_late_answer_reaches_no_other_call(bench: Bench) -> None:
    await asyncio.gather(bench.put(0), bench.put(1))
    hold = Hold()
    bench.strike(hold, "GetItem")
    request = {"TableName": bench.table, "Key": key()}
    with pytest.raises(TimedOut):
        await bench.client.call("GetItem", request, timeout_seconds=1.0)
    reading = asyncio.create_task(bench.get(1))
    hold.until.set()
    assert await reading == item(1)


async def test_a_cancelled_calls_connection_is_never_used_again(bench: Bench) -> None:
    await asyncio.gather(*(bench.put(number) for number in range(3)))
    hold = Hold()
    bench.strike(hold, "GetItem")
    async with bench.another(connections_max=1) as client:
        cancelled = asyncio.create_task(bench.get(0, client))
        await bench.proxy.record.until(lambda record: record.arrived("GetItem") == 1)
        waiting = asyncio.create_task(bench.get(1, client))
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        hold.until.set()
        assert await waiting == item(1)
        assert await bench.get(2, client) == item(2)
        assert client.connections_open == 1


async def test_a_slow_server_within_the_deadline_is_waited_for(bench: Bench) -> None:
    bench.strike(Delay(0.3))
    await bench.put()
    assert bench.proxy.record.arrived("PutItem") == 1


async def test_a_put_with_a_lost_answer_may_meet_itself(bench: Bench) -> None:
    """A repeated conditional put raises ConditionFailed for its own earlier success."""
    bench.strike(LoseAnswer(cut=True), "PutItem")
    request = {
        "TableName": bench.table,
        "Item": item(),
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    with pytest.raises(ConditionFailed):
        await bench.client.call("PutItem", request)
    assert await bench.get() == item()


@pytest.mark.parametrize("cut", [True, False])
async def test_a_versioned_put_with_a_lost_answer_finds_its_own_item(
    bench: Bench, *, cut: bool
) -> None:
    bench.strike(LoseAnswer(cut=cut), "PutItem")
    async with bench.another(attempt_timeout_seconds=1.0) as client:
        assert await Target(client, bench.table).put(item(0, 3), 3) == item(0, 3)


@pytest.mark.parametrize(
    "fault", [LoseAnswer(cut=True), LoseAnswer(), ServerError(), WrongChecksum()], ids=repr
)
async def test_an_addition_is_not_repeated_when_it_may_have_happened(
    bench: Bench, fault: HttpFault
) -> None:
    await bench.put(client=bench.direct)
    bench.strike(fault, "UpdateItem")
    async with bench.another(attempt_timeout_seconds=1.0) as client:
        with pytest.raises((Interrupted, TimedOut, ServerFault, CorruptResponse)):
            await bench.count(client)
    assert bench.proxy.record.arrived("UpdateItem") == 1


async def test_an_addition_is_repeated_when_it_had_no_effect(bench: Bench) -> None:
    await bench.put(client=bench.direct)
    bench.strike(Throttle(), "UpdateItem", times=2)
    await bench.count(bench.client)
    assert await bench.get() == item(0, 2)


async def test_a_repeated_transaction_carries_the_same_token(bench: Bench) -> None:
    if "transactions" not in bench.engine.supports:
        pytest.skip(f"{bench.engine.name} has no transactions")
    bench.strike(ServerError(), "TransactWriteItems")
    action = {"Put": {"TableName": bench.table, "Item": item()}}
    await bench.client.call("TransactWriteItems", {"TransactItems": [action]})
    tokens = [
        orjson.loads(event.request.message.body)["ClientRequestToken"]
        for event in bench.proxy.record.events
        if isinstance(event, Arrived)
    ]
    assert len(tokens) == 2
    assert tokens[0] == tokens[1]


async def until_closed(client: Client) -> None:
    async with asyncio.timeout(30):
        while client.connections_open:  # noqa: ASYNC110 - a client has no event for it
            await asyncio.sleep(0.001)


async def test_a_connection_cut_at_the_moment_of_use_is_replaced(bench: Bench) -> None:
    await bench.put()
    bench.proxy.cut()
    await bench.put(1)
    assert bench.proxy.record.arrived("PutItem") == 2


async def test_a_connection_closed_while_idle_is_replaced(bench: Bench) -> None:
    """Even for an addition, which is sent only once."""
    await bench.put()
    for expected in (2, 3):
        bench.proxy.cut()
        await until_closed(bench.client)
        await bench.count(bench.client)
        assert await bench.get() == item(0, expected)
    assert bench.proxy.record.arrived("UpdateItem") == 2


async def test_a_refused_connection_is_unreachable_and_later_not(bench: Bench) -> None:
    await bench.proxy.refuse()
    with pytest.raises(Unreachable, match="no connection"):
        await bench.put()
    await bench.proxy.accept()
    async with bench.another() as client:
        await bench.put(client=client)


async def test_unprocessed_writes_are_sent_until_none_is_left(bench: Bench) -> None:
    bench.strike(Unprocessed(processed=3), "BatchWriteItem", times=2)
    requests = [{"PutRequest": {"Item": item(number)}} for number in range(10)]
    await batch_write(bench.client, bench.table, requests)
    found = await batch_get(bench.direct, bench.table, [key(number) for number in range(10)])
    assert len(found) == 10
    assert bench.proxy.record.arrived("BatchWriteItem") == 3


async def test_unprocessed_keys_are_read_until_none_is_left(bench: Bench) -> None:
    requests = [{"PutRequest": {"Item": item(number)}} for number in range(10)]
    await batch_write(bench.direct, bench.table, requests)
    bench.strike(Unprocessed(processed=0), "BatchGetItem", times=2)
    found = await Target(bench.client, bench.table).get([key(number) for number in range(10)])
    assert sorted(entry["sk"]["S"] for entry in found) == [f"{n:06}" for n in range(10)]


async def test_a_batch_that_stays_unprocessed_is_throttled(bench: Bench) -> None:
    bench.strike(Unprocessed(processed=0), times=None)
    requests = [{"PutRequest": {"Item": item()}}]
    with pytest.raises(Throttled, match="1 entries"):
        await batch_write(bench.client, bench.table, requests, timeout_seconds=2.0)


async def test_an_outage_is_not_multiplied(bench: Bench) -> None:
    """Twenty failing calls share a quota of two retries."""
    bench.strike(ServerError(), times=None)
    async with bench.another(retry_tokens_max=10) as client:
        calls = [bench.put(number, client) for number in range(20)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ServerFault}
    assert bench.proxy.record.arrived("PutItem") == 22


async def test_waiting_for_a_connection_is_bounded_in_number_and_time(bench: Bench) -> None:
    hold = Hold()
    bench.strike(hold)
    async with bench.another(connections_max=1, waiters_max=1) as client:
        holding = asyncio.create_task(bench.put(0, client))
        await bench.proxy.record.until(lambda record: record.arrived() == 1)
        request = {"TableName": bench.table, "Key": key()}
        waiting = asyncio.create_task(client.call("GetItem", request, timeout_seconds=0.5))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="1 calls wait"):
            await bench.get(0, client)
        with pytest.raises(Overloaded, match="in time"):
            await waiting
        hold.until.set()
        await holding
        assert await bench.get(0, client) == item()


async def test_closing_ends_calls_under_way(bench: Bench) -> None:
    hold = Hold()
    bench.strike(hold)
    client = bench.another()
    call = asyncio.create_task(bench.put(0, client))
    await bench.proxy.record.until(lambda record: record.arrived() == 1)
    await client.close()
    with pytest.raises(Unreachable):
        await call
    assert client.connections_open == 0
    with pytest.raises(Unreachable, match="closed"):
        await bench.put(0, client)
    hold.until.set()
