"""The composition root of repair and sweep: wires the rooms, and holds no logic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from crossfade import dynamo, s3
from crossfade.mapping.application import Application
from crossfade.mapping.codec.codec import Codec
from crossfade.ports import Observer
from crossfade.postgres import PostgresFindings, open_pool
from crossfade.postgres.ledger.mark import mark_keys
from crossfade.postgres.repair.orphans import PostgresOrphans
from crossfade.postgres.repair.tombstones import PostgresTombstones
from crossfade.postgres.repair.uploads import PostgresUploads
from crossfade.relay import delivery
from crossfade.repair import repair, sweep
from crossfade.runtime.migration import dynamo_config, open_migration, s3_config
from crossfade.runtime.verification import open_verifier
from crossfade.settings import Settings
from crossfade.telemetry import log_event

ANSWER_SECONDS = 10.0


@asynccontextmanager
async def open_repair(
    settings: Settings, application: Application, who: str, observe: Observer = log_event
) -> AsyncIterator[repair.Route]:
    """Connect to the stores to repair what verification found.

    Args:
        settings: from `crossfade.settings.load`, or made by hand.
        application: whose rows are repaired.
        who: kept with each finding that is closed.
        observe: called with every event; log lines unless given.

    Raises:
        ConfigurationError: a setting contradicts another one.
        Unavailable: PostgreSQL cannot be reached.
    """
    async with (
        open_migration(settings, application, observe) as migration,
        open_verifier(settings, application.mappings, observe) as verifier,
    ):
        yield repair.Route(
            findings=PostgresFindings(verifier.source),
            mark=partial(mark_keys, verifier.source, answer_seconds=ANSWER_SECONDS),
            uploads=PostgresUploads(verifier.source),
            source=migration.route.source,
            items=dynamo.Target(migration.client, settings.dynamodb_table_name),
            shelf=migration.objects,
            codecs=_codecs(application),
            deliver=partial(delivery.deliver, migration.route),
            judge=partial(verifier.examiner.keys, is_deep=True),
            observe=observe,
            who=who,
        )


@asynccontextmanager
async def open_sweep(
    settings: Settings,
    application: Application,
    grace_seconds: float,
    observe: Observer = log_event,
) -> AsyncIterator[sweep.Route]:
    """Connect to the stores to sweep what nobody needs.

    Args:
        settings: from `crossfade.settings.load`, or made by hand.
        application: whose tombstones and objects are swept.
        grace_seconds: how long a thing must have been seen before it is removed.
        observe: called with every event; log lines unless given.

    Raises:
        ConfigurationError: a setting contradicts another one.
        Unavailable: PostgreSQL cannot be reached.
    """
    async with open_pool(settings.dsn) as pool, dynamo.connect(dynamo_config(settings)) as client:
        target = dynamo.Target(client, settings.dynamodb_table_name)
        yield sweep.Route(
            graves=PostgresTombstones(pool, application.mappings),
            orphans=PostgresOrphans(pool, application.mappings),
            uploads=PostgresUploads(pool),
            mark=partial(mark_keys, pool, answer_seconds=ANSWER_SECONDS),
            items=target,
            cemetery=target,
            attic=s3.ObjectStore(s3_config(settings)),
            codecs=_codecs(application),
            observe=observe,
            grace_seconds=grace_seconds,
        )


def _codecs(application: Application) -> dict[str, Codec]:
    return {mapping.name: Codec(mapping) for mapping in application.mappings}
