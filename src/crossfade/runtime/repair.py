"""The composition root of repair and sweep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from crossfade.mapping.application import Application
from crossfade.parity.comparison.readers import Readers
from crossfade.ports import Observer
from crossfade.postgres import PostgresFindings
from crossfade.postgres.ledger.mark import mark_keys
from crossfade.postgres.repair.orphans import PostgresOrphans
from crossfade.postgres.repair.tombstones import PostgresTombstones
from crossfade.postgres.repair.uploads import PostgresUploads
from crossfade.relay import delivery
from crossfade.repair.repair import RepairStores
from crossfade.repair.sweep import SweepStores
from crossfade.runtime.delivery import codecs_of, open_route
from crossfade.runtime.heartbeat import open_heartbeat, report_to_all
from crossfade.runtime.resources import open_resources
from crossfade.runtime.verification import key_checker
from crossfade.settings import Settings
from crossfade.telemetry import log_event

ANSWER_SECONDS = 10.0


@asynccontextmanager
async def open_repair(
    settings: Settings, application: Application, who: str, observe: Observer = log_event
) -> AsyncIterator[RepairStores]:
    """Connect to the stores to repair what verification found.

    Args:
        settings: from `crossfade.load_settings`, or made by hand.
        application: the mappings of the rows that are repaired.
        who: recorded with each finding that is closed.
        observe: called with every event; writes log lines by default.

    Raises:
        ConfigurationError: a setting contradicts another one.
        Unavailable: PostgreSQL cannot be reached.
    """
    mappings = application.mappings
    async with (
        open_resources(settings) as resources,
        open_heartbeat(settings, resources.pool, observe) as heartbeat,
    ):
        counted = partial(report_to_all, (observe, heartbeat.observe))
        checker = key_checker(resources, Readers(mappings), mappings)
        async with open_route(resources, mappings, counted) as route:
            with heartbeat.running_job("repair"):
                yield RepairStores(
                    findings=PostgresFindings(resources.pool),
                    mark=partial(mark_keys, resources.pool, answer_seconds=ANSWER_SECONDS),
                    uploads=PostgresUploads(resources.pool),
                    source=route.source,
                    items=resources.target,
                    objects=resources.objects,
                    codecs=route.codecs,
                    deliver=partial(delivery.deliver, route),
                    compare=partial(checker.check_keys, is_deep=True),
                    observe=observe,
                    who=who,
                )


@asynccontextmanager
async def open_sweep(
    settings: Settings,
    application: Application,
    grace_seconds: float,
    observe: Observer = log_event,
) -> AsyncIterator[SweepStores]:
    """Connect to the stores to sweep tombstones and objects without use.

    Args:
        settings: from `crossfade.load_settings`, or made by hand.
        application: the mappings of the tombstones and objects.
        grace_seconds: how long a thing must have been known before it is removed.
        observe: called with every event; writes log lines by default.

    Raises:
        ConfigurationError: a setting contradicts another one.
        Unavailable: PostgreSQL cannot be reached.
    """
    mappings = application.mappings
    async with open_resources(settings) as resources:
        yield SweepStores(
            tombstones=PostgresTombstones(resources.pool, mappings),
            orphans=PostgresOrphans(resources.pool, mappings),
            uploads=PostgresUploads(resources.pool),
            mark=partial(mark_keys, resources.pool, answer_seconds=ANSWER_SECONDS),
            items=resources.target,
            objects=resources.objects,
            codecs=codecs_of(mappings),
            observe=observe,
            grace_seconds=grace_seconds,
        )
