"""The object store behind a network and a service that fail."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from crossfade.errors import (
    AccessDenied,
    CrossfadeError,
    DamagedObject,
    NoSuchStore,
    ServerFault,
    Throttled,
    TimedOut,
    Unreachable,
)
from crossfade.s3 import Config, ObjectStore
from crossfade.testing import (
    Answer,
    Arrived,
    CorruptBody,
    Cut,
    HttpFault,
    HttpProxy,
    LoseAnswer,
    Rule,
    ServerError,
    Stall,
    TcpProxy,
    Throttle,
    Truncate,
)
from support.engines.objects import in_pieces, key_of, store_config
from support.engines.values import S3Engine

CONTENT = "a secret of the table " * 500
KEY = key_of(CONTENT)
PIECE_BYTES = 128 * 1024
ATTEMPTS_MAX = 4
HANG_SECONDS = 30
"""Far above every deadline used here: what runs into it hangs."""


def _config(engine: S3Engine, endpoint: str, **changes: Any) -> Config:
    values = {"endpoint": endpoint, "attempts_max": ATTEMPTS_MAX, **changes}
    return store_config(engine, **values)


@dataclass(frozen=True, slots=True)
class Site:
    """A store behind a proxy, and the same bucket without one."""

    engine: S3Engine
    proxy: HttpProxy
    far: ObjectStore
    near: ObjectStore

    def impatient(self, **changes: Any) -> ObjectStore:
        """A store behind the proxy with other limits."""
        return ObjectStore(_config(self.engine, self.proxy.endpoint, **changes))

    def ranges(self) -> list[str]:
        """The ``Range`` header of each GET that came by."""
        return [
            event.request.message.header("Range")
            for event in self.proxy.record.events
            if isinstance(event, Arrived) and event.request.method == "GET"
        ]


@pytest.fixture
async def site(s3: S3Engine) -> AsyncIterator[Site]:
    near = ObjectStore(_config(s3, s3.endpoint))
    async with HttpProxy(s3.endpoint) as proxy:
        yield Site(s3, proxy, ObjectStore(_config(s3, proxy.endpoint)), near)


PASSING = [
    Throttle(),
    ServerError(500),
    ServerError(502),
    ServerError(503),
    Answer(409, "ConditionalRequestConflict"),
    Answer(400, "RequestTimeout"),
    Cut(),
    LoseAnswer(cut=True),
]


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_a_passing_fault_is_not_noticed(site: Site, fault: HttpFault) -> None:
    site.proxy.add(Rule(fault, method="PUT", times=ATTEMPTS_MAX - 1))

    await site.far.put(KEY, CONTENT)

    assert await site.near.get_text(KEY) == CONTENT
    assert site.proxy.record.arrived("PutObject") == ATTEMPTS_MAX


@pytest.mark.parametrize("fault", [Throttle(), ServerError(500), Cut(), Truncate(100)], ids=str)
async def test_reading_survives_a_passing_fault(site: Site, fault: HttpFault) -> None:
    """Truncate: the connection ends in the middle of the body."""
    content = "".join([piece.decode() async for piece in in_pieces(1, PIECE_BYTES)])
    key = await site.near.put_text("transcripts", "row", content)
    site.proxy.add(Rule(fault, method="GET", times=ATTEMPTS_MAX - 1))

    assert await site.far.get_text(key) == content
    assert site.proxy.record.arrived("GetObject") == ATTEMPTS_MAX


@pytest.mark.parametrize(
    ("fault", "error", "attempts"),
    [
        (Throttle(), Throttled, ATTEMPTS_MAX),
        (ServerError(500), ServerFault, ATTEMPTS_MAX),
        (Answer(409, "ConditionalRequestConflict"), ServerFault, ATTEMPTS_MAX),
        (Cut(), Unreachable, ATTEMPTS_MAX),
        (Answer(403, "AccessDenied"), AccessDenied, 1),
        (Answer(400, "ExpiredToken"), AccessDenied, 1),
        (Answer(404, "NoSuchBucket"), NoSuchStore, 1),
        (Answer(301, "PermanentRedirect"), NoSuchStore, 1),
    ],
    ids=str,
)
async def test_a_lasting_fault_is_named_after_bounded_attempts(
    site: Site, fault: HttpFault, error: type[CrossfadeError], attempts: int
) -> None:
    """A conflict in particular is no proof that the object exists."""
    site.proxy.add(Rule(fault))

    with pytest.raises(error) as writing:
        await site.far.put(KEY, CONTENT)
    assert site.proxy.record.arrived() == attempts
    with pytest.raises(error):
        await site.far.get_text(KEY)

    assert "secret" not in str(writing.value)
    assert writing.value.__cause__ is None
    assert writing.value.__suppress_context__
    assert not await site.near.exists(KEY)


async def test_a_success_that_was_answered_as_a_time_out_ends_done(site: Site) -> None:
    """The second attempt finds what the first one wrote."""
    site.proxy.add(Rule(LoseAnswer(), method="PUT", times=1))

    await site.impatient(attempt_timeout_seconds=1.0).put(KEY, CONTENT)

    assert site.proxy.record.forwarded("PutObject", 200) == 1
    assert site.proxy.record.forwarded("PutObject", 412) >= 1
    assert await site.near.get_text(KEY) == CONTENT


async def test_the_deadline_holds_against_a_store_that_never_answers(site: Site) -> None:
    site.proxy.add(Rule(Stall()))
    store = site.impatient(timeout_seconds=0.5, attempt_timeout_seconds=10 * HANG_SECONDS)

    async with asyncio.timeout(HANG_SECONDS):
        with pytest.raises(TimedOut):
            await store.put(KEY, CONTENT)
        with pytest.raises(TimedOut):
            await store.get_text(KEY)
        with pytest.raises(TimedOut):
            await store.exists(KEY)
        with pytest.raises(TimedOut):
            await anext(store.list("transcripts"))


async def test_the_deadline_spans_all_attempts(site: Site) -> None:
    """Attempts of a second without end would be 100 seconds of waiting."""
    site.proxy.add(Rule(Stall()))
    store = site.impatient(timeout_seconds=2.5, attempt_timeout_seconds=1.0, attempts_max=100)

    with pytest.raises(TimedOut):
        await store.put(KEY, CONTENT)

    assert 2 <= site.proxy.record.arrived("PutObject") <= 3


async def test_a_refused_connection_is_unreachable_until_the_store_is_back(site: Site) -> None:
    await site.proxy.refuse()
    with pytest.raises(Unreachable):
        await site.far.put(KEY, CONTENT)

    await site.proxy.accept()
    await site.far.put(KEY, CONTENT)

    assert await site.far.get_text(KEY) == CONTENT


async def test_a_body_damaged_on_its_way_is_not_believed(site: Site) -> None:
    await site.near.put(KEY, CONTENT)
    site.proxy.add(Rule(CorruptBody(), method="GET"))

    with pytest.raises(DamagedObject):
        await site.far.get_text(KEY)
    with pytest.raises(DamagedObject):
        [piece async for piece in site.far.open_stream(KEY)]


async def test_a_listing_survives_a_passing_fault(site: Site) -> None:
    await site.near.put(KEY, CONTENT)
    site.proxy.add(Rule(ServerError(500), method="GET", times=1))

    assert [found.object_key async for found in site.far.list("transcripts")] == [KEY]


@pytest.mark.parametrize("fault", [ServerError(500), Cut(), LoseAnswer(cut=True)], ids=str)
async def test_a_large_upload_is_repeated_whole(site: Site, fault: HttpFault) -> None:
    """18 MB of text, large enough to be read from disk at each attempt."""
    site.proxy.add(Rule(fault, method="PUT", times=2))

    key = await site.far.put_stream("transcripts", "row", in_pieces(144, PIECE_BYTES))

    digest = hashlib.sha256()
    async for piece in site.near.open_stream(key):
        digest.update(piece)
    assert digest.hexdigest() == key[-64:]
    assert site.proxy.record.arrived("PutObject") == 3


async def test_a_broken_download_continues_where_it_stopped(site: Site) -> None:
    """Every connection breaks after 300 kB, more often than a call has attempts."""
    key = await site.near.put_stream("transcripts", "row", in_pieces(24, PIECE_BYTES))
    site.proxy.add(Rule(Truncate(300_000), method="GET"))

    digest = hashlib.sha256()
    async for piece in site.far.open_stream(key):
        digest.update(piece)

    assert digest.hexdigest() == key[-64:]
    offsets = [int(found.removeprefix("bytes=").rstrip("-")) for found in site.ranges()[1:]]
    assert len(offsets) >= ATTEMPTS_MAX
    assert offsets == sorted(set(offsets))


async def test_a_download_that_makes_no_progress_is_given_up(site: Site) -> None:
    key = await site.near.put_stream("transcripts", "row", in_pieces(24, PIECE_BYTES))
    site.proxy.add(Rule(Truncate(0), method="GET", skip=1), Rule(Truncate(300_000), method="GET"))

    with pytest.raises(Unreachable):
        [piece async for piece in site.far.open_stream(key)]

    assert len(site.ranges()) == 1 + ATTEMPTS_MAX - 1


async def test_a_download_that_stalls_in_its_middle_times_out_and_recovers(s3: S3Engine) -> None:
    upstream = urlsplit(s3.endpoint)
    assert upstream.hostname is not None
    assert upstream.port is not None
    key = await ObjectStore(_config(s3, s3.endpoint)).put_stream(
        "transcripts", "row", in_pieces(200, PIECE_BYTES)
    )
    async with TcpProxy(upstream.hostname, upstream.port) as proxy:
        endpoint = f"http://{proxy.host}:{proxy.port}"
        store = ObjectStore(_config(s3, endpoint, timeout_seconds=3.0, attempt_timeout_seconds=1.0))
        async with asyncio.timeout(HANG_SECONDS), aclosing(store.open_stream(key)) as pieces:
            assert await anext(pieces)
            await proxy.inject(Stall())
            with pytest.raises(TimedOut):
                [piece async for piece in pieces]

        await proxy.heal()
        digest = hashlib.sha256()
        async for piece in ObjectStore(_config(s3, endpoint)).open_stream(key):
            digest.update(piece)
        assert digest.hexdigest() == key[-64:]


async def test_a_caller_that_gives_up_ends_its_request(site: Site) -> None:
    """The proxy sees the connection close while it keeps silent."""
    site.proxy.add(Rule(Stall()))
    call = asyncio.create_task(site.far.put(KEY, CONTENT))
    await site.proxy.record.until(lambda record: record.arrived("PutObject") == 1)

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert site.proxy.record.arrived("PutObject") == 1

    site.proxy.clear()
    await site.far.put(KEY, CONTENT)
    assert site.proxy.record.arrived("PutObject") == 2
    assert await site.far.get_text(KEY) == CONTENT
