"""PostgreSQL: the capture of writes, the ledger as a feed, the rows as a source."""

from __future__ import annotations

from crossfade.postgres.connect import PoolOptions, open_pool
from crossfade.postgres.feed import FeedOptions, PostgresFeed
from crossfade.postgres.installation import Change, Installed, install
from crossfade.postgres.installer import InstallOptions
from crossfade.postgres.removal import uninstall
from crossfade.postgres.source import PostgresSource
from crossfade.postgres.standing import EntityStatus, status, unpark

__all__ = [
    "Change",
    "EntityStatus",
    "FeedOptions",
    "InstallOptions",
    "Installed",
    "PoolOptions",
    "PostgresFeed",
    "PostgresSource",
    "install",
    "open_pool",
    "status",
    "uninstall",
    "unpark",
]
