"""Writes, stale deliveries and late acknowledgements in any order end in equal stores."""

from __future__ import annotations

from support.engines.values import Database, DynamoEngine, S3Engine
from support.protocol_machine import Machine, Notes, open_notes, play


def test_every_order_of_steps_ends_in_equal_stores(
    database: Database, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> None:
    del credentials
    with open_notes(Notes, database, ministack, bucket) as notes:
        play(Machine, notes, runs_max=60, steps_max=40)
