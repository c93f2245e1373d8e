"""A database per test, cloned from a template."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from crossfade.local import PostgresProgram, Server, wheel_binaries
from support.engines.values import Database


class Cluster:
    """A running PostgreSQL server that makes and drops databases."""

    def __init__(self, program: PostgresProgram, server: Server) -> None:
        self.server = server
        self._program = program
        self._templates: set[str] = set()
        with psycopg.connect(program.dsn(server.port)) as connection:
            self._major = connection.info.server_version // 10_000

    def create(self, template: str = "template0") -> Database:
        """Return a new database, cloned from a template in some ten milliseconds."""
        name = f"test_{uuid.uuid4().hex}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self._database(name)

    def create_filled(self, template: str, fill: Callable[[Database], None]) -> Database:
        """Return a new database, cloned from a template that is filled once per test process.

        Args:
            template: the template's name, such as ``campaigns``.
            fill: makes its tables; it must leave no connection open.
        """
        if template not in self._templates:
            self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(template)))
            fill(self._database(template))
            self._templates.add(template)
        return self.create(template)

    def drop(self, database: Database) -> None:
        """Drop a database, connections that a test left open included."""
        name = database.dsn.rsplit("/", 1)[1]
        self._execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def _database(self, name: str) -> Database:
        return Database(self._program.dsn(self.server.port, name), self._major)

    def _execute(self, statement: sql.Composed) -> None:
        dsn = self._program.dsn(self.server.port)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement)


def installed_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL programs installed on this machine, if any."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    folders.sort(key=lambda folder: int(folder.parent.name))
    folders += [path.resolve().parent for path in Path("/usr/local/bin").glob("initdb")]
    return next((one for one in reversed(folders) if (one / "postgres").exists()), None)


WHEEL = wheel_binaries()
