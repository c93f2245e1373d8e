"""PostgreSQL: the capture of writes, the ledger as a feed, the rows as a source."""

from __future__ import annotations

from crossfade.postgres.census import PostgresCensus, Rules, table_differences
from crossfade.postgres.connect import PoolOptions, open_pool
from crossfade.postgres.feed import FeedOptions, PostgresFeed
from crossfade.postgres.findings import PostgresFindings
from crossfade.postgres.installation import Change, Installed, install
from crossfade.postgres.installer import InstallOptions
from crossfade.postgres.pulse import PostgresCanary, PostgresPulse
from crossfade.postgres.removal import uninstall
from crossfade.postgres.runs import PostgresCoverage, PostgresRuns
from crossfade.postgres.scan import PostgresScan, PostgresStandings, wait_for_replay
from crossfade.postgres.source import PostgresSource
from crossfade.postgres.standing import EntityStatus, status, unpark
from crossfade.postgres.trail import ledger_rows
from crossfade.postgres.unverified import PostgresUnverified
from crossfade.postgres.whereabouts import whereabouts
from crossfade.postgres.windows import PostgresWindows, WindowOptions

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
    "PostgresPulse",
    "PostgresRuns",
    "PostgresScan",
    "PostgresSource",
    "PostgresStandings",
    "PostgresUnverified",
    "PostgresWindows",
    "Rules",
    "WindowOptions",
    "install",
    "ledger_rows",
    "open_pool",
    "status",
    "table_differences",
    "uninstall",
    "unpark",
    "wait_for_replay",
    "whereabouts",
]
