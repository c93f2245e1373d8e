"""PostgreSQL: the capture of writes, the ledger as a feed, the tables as a source."""

from __future__ import annotations

from crossfade.postgres.backfill.census import PostgresCensus, Rules, table_differences
from crossfade.postgres.backfill.windows import PostgresWindows, WindowOptions
from crossfade.postgres.capture.install import Change, Installed, install
from crossfade.postgres.capture.locking import InstallOptions
from crossfade.postgres.capture.status import EntityStatus, status, unpark
from crossfade.postgres.capture.uninstall import uninstall
from crossfade.postgres.ledger.feed import FeedOptions, PostgresFeed
from crossfade.postgres.ledger.row_keys import ledger_rows
from crossfade.postgres.ledger.source import PostgresSource
from crossfade.postgres.ledger.status import delivery_status
from crossfade.postgres.monitoring.heartbeat import PostgresCanary, PostgresHeartbeat
from crossfade.postgres.parity.findings import PostgresFindings
from crossfade.postgres.parity.runs import PostgresCoverage, PostgresRuns
from crossfade.postgres.parity.scan import PostgresKeyStatuses, PostgresScan, wait_for_replay
from crossfade.postgres.parity.unverified import PostgresUnverified
from crossfade.postgres.pool import PoolOptions, open_pool

__all__ = [
    "Change",
    "EntityStatus",
    "FeedOptions",
    "InstallOptions",
    "Installed",
    "PoolOptions",
    "PostgresCanary",
    "PostgresCensus",
    "PostgresCoverage",
    "PostgresFeed",
    "PostgresFindings",
    "PostgresHeartbeat",
    "PostgresKeyStatuses",
    "PostgresRuns",
    "PostgresScan",
    "PostgresSource",
    "PostgresUnverified",
    "PostgresWindows",
    "Rules",
    "WindowOptions",
    "delivery_status",
    "install",
    "ledger_rows",
    "open_pool",
    "status",
    "table_differences",
    "uninstall",
    "unpark",
    "wait_for_replay",
]
