"""Many items in one request, some of which fail, or a request with a lost answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
import pytest

from crossfade.dynamo import Client, Target
from crossfade.errors import (
    CorruptResponse,
    CredentialsExpired,
    CrossfadeError,
    Interrupted,
    Rejected,
    Throttled,
)
from crossfade.mapping.state import Insertion
from crossfade.testing import Answer, HttpFault, HttpProxy, LoseAnswer, Rule, Throttle, Unprocessed
from support.dynamo_tables import config_of, item, key, table_of
from support.engines.values import DynamoEngine

OPERATION = "BatchExecuteStatement"
COUNT = 8
ITEMS = [item(number, 0, title="copied") for number in range(COUNT)]
WRITTEN = Insertion.WRITTEN


@dataclass(frozen=True)
class Site:
    """A table behind a proxy, and the same one without it; nothing is repeated."""

    proxy: HttpProxy
    far: Target
    near: Target

    async def insert(self) -> list[Insertion]:
        """Insert every item through the proxy."""
        return await self.far.insert_json(ITEMS, [orjson.dumps([*one.values()]) for one in ITEMS])

    async def count(self) -> int:
        """Return how many items exist."""
        return len(await self.near.get([key(number) for number in range(COUNT)]))


@pytest.fixture
async def site(ministack: DynamoEngine, name_prefix: str) -> AsyncIterator[Site]:
    table = f"{name_prefix}insert"
    async with table_of(ministack, table) as near, HttpProxy(ministack.endpoint) as proxy:
        config = config_of(ministack, endpoint=proxy.endpoint, attempts_max=1)
        async with Client(config) as far:
            yield Site(proxy, Target(far, table), Target(near, table))


@pytest.mark.parametrize(
    ("code", "insertion"),
    [
        ("ThrottlingError", Insertion.THROTTLED),
        ("ProvisionedThroughputExceeded", Insertion.THROTTLED),
        ("RequestLimitExceeded", Insertion.THROTTLED),
        ("DuplicateItem", Insertion.EXISTING),
        ("InternalServerError", Insertion.REFUSED),
        ("AccessDenied", Insertion.REFUSED),
        ("NeverHeardOf", Insertion.REFUSED),
    ],
)
async def test_statements_that_fail_alone_are_distinguished_from_those_that_are_done(
    site: Site, code: str, insertion: Insertion
) -> None:
    site.proxy.add(Rule(Unprocessed(3, code), operation=OPERATION))
    assert await site.insert() == [WRITTEN] * 3 + [insertion] * (COUNT - 3)
    assert await site.count() == 3


@pytest.mark.parametrize(
    ("fault", "expected", "words"),
    [
        (Unprocessed(code="AccessDenied"), Rejected, "AccessDenied.*PartiQLInsert"),
        (Unprocessed(code="ValidationError"), Rejected, "ValidationError"),
        (Answer(400, "AccessDeniedException"), Rejected, "PartiQLInsert"),
        (Answer(400, "UnknownOperationException"), Rejected, "UnknownOperation"),
        (Answer(400, "ExpiredTokenException"), CredentialsExpired, "credential"),
        (Throttle(), Throttled, "Throughput"),
        (Answer(200, "nothing"), CorruptResponse, "one entry per statement"),
    ],
    ids=str,
)
async def test_a_request_that_fails_as_a_whole_writes_nothing_and_says_why(
    site: Site, fault: HttpFault, expected: type[CrossfadeError], words: str
) -> None:
    """Old credentials are renewed, and say nothing about permissions."""
    site.proxy.add(Rule(fault, operation=OPERATION))
    with pytest.raises(expected, match=words):
        await site.insert()
    assert await site.count() == 0


async def test_what_was_written_before_a_lost_answer_exists_the_next_time(site: Site) -> None:
    site.proxy.add(Rule(LoseAnswer(cut=True), operation=OPERATION, times=1))
    with pytest.raises(Interrupted):
        await site.insert()
    assert await site.count() == COUNT
    assert await site.insert() == [Insertion.EXISTING] * COUNT
