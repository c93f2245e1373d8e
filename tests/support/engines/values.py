"""Values that the fixtures return."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh PostgreSQL database of one test.

    Attributes:
        dsn: a libpq URL of its owner, the superuser.
        major: the server's major version.
    """

    dsn: str
    major: int

    def execute(self, statement: str) -> None:
        """Run a statement without any proxy or pool."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute(statement.encode())


@dataclass(frozen=True, slots=True)
class DynamoEngine:
    """A DynamoDB implementation and its features.

    Attributes:
        supports: ``transactions``, ``return_values_on_condition_check_failure``, ``ttl``,
            ``pitr``, ``streams`` and ``partiql``, as far as it has them.
    """

    name: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    supports: frozenset[str]


@dataclass(frozen=True, slots=True)
class S3Engine:
    """An S3 implementation with a bucket of one test."""

    name: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    bucket: str
