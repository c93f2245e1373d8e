"""Whole tables are read from a streaming replica, and never before it shows what is compared."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from crossfade.errors import TimedOut
from crossfade.local import PostgresProgram, Server
from crossfade.parity.model import RunState, Verdict
from crossfade.postgres import open_pool
from crossfade.runtime.verification import open_verifier
from support.engines.databases import WHEEL, Cluster, installed_binaries
from support.engines.shared import Engines
from support.engines.values import Database, DynamoEngine, S3Engine
from support.postgres_tables import NOTES
from support.verification import VerifiedNotes, open_verified_notes


@dataclass(frozen=True)
class Pair:
    """A primary and its replica."""

    primary: PostgresProgram
    replica: PostgresProgram
    primary_server: Server
    replica_server: Server

    def on_replica(self, database: Database) -> str:
        """The URL of a database's copy."""
        name = database.dsn.rpartition("/")[2]
        return self.replica.dsn(self.replica_server.port, name)


def _copy(program: PostgresProgram, port: int, data: Path) -> None:
    """Copy a running server's data, set up to follow it."""
    account = program.account
    copied = [program.arguments(data.parent, port)[0].replace("bin/postgres", "bin/pg_basebackup")]
    copied += ["-D", str(data), "-d", program.dsn(port), "-R", "-X", "stream", "-c", "fast"]
    subprocess.run(
        copied,
        check=True,
        capture_output=True,
        cwd="/",
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


@pytest.fixture(scope="module", params=["wheel", "machine"])
def pair(request: pytest.FixtureRequest, engines: Engines) -> Iterator[Pair]:
    binaries = WHEEL if request.param == "wheel" else installed_binaries()
    if binaries is None or not (binaries / "pg_basebackup").exists():
        pytest.skip("these programs of PostgreSQL can make no replica")
    program = PostgresProgram(secrets.token_hex(8), binaries, {"fsync": "off"})
    folder = engines.new_folder()
    primary, replica = (Server(program, folder / name) for name in ("primary", "replica"))
    try:
        asyncio.run(primary.start())
        replica.folder.mkdir()
        if program.account is not None:
            replica.folder.chmod(0o777)
        _copy(program, primary.port, replica.folder / "data")
        asyncio.run(replica.start())
        yield Pair(program, program, primary, replica)
    finally:
        asyncio.run(replica.kill())
        asyncio.run(primary.kill())


@pytest.fixture
async def verified_notes(
    pair: Pair, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> AsyncIterator[VerifiedNotes]:
    """Both stores; what is compared is read from the replica, which shows it."""
    del credentials
    database = Cluster(pair.primary, pair.primary_server).create()
    url = SecretStr(pair.on_replica(database))
    await _until(url.get_secret_value(), "SELECT true")
    async with open_verified_notes(database, ministack, bucket, replica_url=url) as verified_notes:
        yield verified_notes


async def _until(dsn: str, statement: str) -> None:
    """Wait until a statement answers true."""
    async with asyncio.timeout(60):
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(dsn) as connection:
                    cursor = await connection.execute(statement.encode())
                    if (await cursor.fetchone()) == (True,):
                        return
            except psycopg.Error:
                pass
            await asyncio.sleep(0.05)


async def _replay(pair: Pair, *, goes_on: bool) -> None:
    verb = "resume" if goes_on else "pause"
    dsn = pair.replica.dsn(pair.replica_server.port)
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(f"SELECT pg_wal_replay_{verb}()".encode())
    if not goes_on:
        await _until(dsn, "SELECT pg_get_wal_replay_pause_state() = 'paused'")


async def test_a_difference_that_the_replica_does_not_show_yet_is_found(
    verified_notes: VerifiedNotes, pair: Pair
) -> None:
    """The old item equals the row as the replica had it when the pass began."""
    await verified_notes.add("a", "b")
    await verified_notes.drain()
    assert await verified_notes.verdicts() == {}
    old = verified_notes.item("a")
    await _replay(pair, goes_on=False)
    await verified_notes.sql("UPDATE notes SET title = 'newer' WHERE id = 'a'")
    await verified_notes.drain()
    verified_notes.put(old)
    comparing = asyncio.create_task(verified_notes.verdicts())
    await _until(verified_notes.database.dsn, "SELECT count(*) = 2 FROM crossfade.run")
    await _replay(pair, goes_on=True)
    assert await comparing == {"a": Verdict.DRIFT_STALE}


async def test_rows_come_from_the_replica(verified_notes: VerifiedNotes, pair: Pair) -> None:
    await verified_notes.add("a")
    await verified_notes.drain()
    await verified_notes.verifier.run_full_pass()
    async with (
        open_pool(pair.on_replica(verified_notes.database)) as pool,
        pool.connection() as connection,
    ):
        cursor = await connection.execute("SELECT pg_is_in_recovery()")
        assert await cursor.fetchone() == ("t",)
    was_read = "SELECT seq_scan + idx_scan > 0 FROM pg_stat_user_tables WHERE relname = 'notes'"
    await _until(pair.on_replica(verified_notes.database), was_read)


async def test_a_replica_that_replays_nothing_fails_the_pass_in_time(
    verified_notes: VerifiedNotes, pair: Pair
) -> None:
    await verified_notes.add("a")
    await verified_notes.drain()
    settings = verified_notes.settings.model_copy(update={"replica_wait_seconds": 0.2})
    await _replay(pair, goes_on=False)
    try:
        await verified_notes.sql("UPDATE notes SET title = 'newer'")
        async with open_verifier(settings, [NOTES], verified_notes.events.append) as verifier:
            with pytest.raises(TimedOut, match="replica"):
                await verifier.run_full_pass()
    finally:
        await _replay(pair, goes_on=True)
    (run,) = await verified_notes.verifier.runs.newest()
    assert run.state is RunState.FAILED
