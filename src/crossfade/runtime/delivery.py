"""The composition root of delivery: the route that relay, fast path, backfill and repair share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from crossfade.jobs.breaker import Breaker, BreakerOptions
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.declaration.mapping import Mapping
from crossfade.ports import Observer
from crossfade.postgres import FeedOptions, PostgresFeed, PostgresSource
from crossfade.relay import delivery
from crossfade.runtime.resources import Resources
from crossfade.settings import Settings


@asynccontextmanager
async def open_route(
    resources: Resources, mappings: Sequence[Mapping], observe: Observer
) -> AsyncIterator[delivery.Route]:
    """Open the route from the source to the target for some mappings."""
    settings = resources.settings
    breakers = BreakerOptions(
        failures_max=settings.breaker_failures_max,
        pause_seconds=settings.breaker_pause_seconds,
        pause_seconds_max=settings.breaker_pause_seconds_max,
    )
    names = [mapping.name for mapping in mappings]
    feed = PostgresFeed(resources.pool, names, feed_options(settings))
    try:
        yield delivery.Route(
            feed=feed,
            source=PostgresSource(resources.pool, mappings),
            target=resources.target,
            objects=resources.objects,
            target_breaker=Breaker("dynamodb", breakers, observe),
            objects_breaker=Breaker("s3", breakers, observe),
            codecs=codecs_of(mappings),
            observe=observe,
            worker="relay",
            deliveries_max=settings.deliveries_max,
        )
    finally:
        await feed.aclose()


def codecs_of(mappings: Sequence[Mapping]) -> dict[str, Codec]:
    """Return the codec of each mapping by the mapping's name."""
    return {mapping.name: Codec(mapping) for mapping in mappings}


def feed_options(settings: Settings) -> FeedOptions:
    """Return the options of the ledger's feed."""
    return FeedOptions(
        grace_seconds=settings.relay_grace_seconds,
        faults_max=settings.park_after_faults,
        retry_base_seconds=settings.retry_base_seconds,
        retry_max_seconds=settings.retry_max_seconds,
    )
