"""The engines of one test process: each starts when a test first asks for it."""

from __future__ import annotations

import asyncio
import fcntl
import secrets
import shutil
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path

from crossfade.local import (
    ACCESS_KEY,
    HOST,
    REGION,
    SECRET_KEY,
    MinistackProgram,
    PostgresProgram,
    Program,
    Server,
    process_of,
)
from support.engines.clients import boto_client
from support.engines.databases import Cluster
from support.engines.dynalite import DynaliteProgram
from support.engines.dynamodb_local import DynamoDBLocalProgram
from support.engines.seaweedfs import SeaweedProgram
from support.engines.values import DynamoEngine, S3Engine

_FOLDER_PREFIX = "crossfade-tests-"
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings of a cluster with data that may be lost in a power cut."""

_BOTH = frozenset(
    {"transactions", "return_values_on_condition_check_failure", "ttl", "streams", "partiql"}
)
_DYNAMO_PROGRAMS: dict[str, tuple[Program, frozenset[str]]] = {
    "ministack": (
        MinistackProgram(keep=False),
        frozenset({*_BOTH, "pitr"}),
    ),
    "dynalite": (DynaliteProgram(), frozenset()),
    "dynamodb-local": (
        DynamoDBLocalProgram(),
        _BOTH,
    ),
}


class Engines:
    """Starts engines on demand and stops all of them at the end of the session."""

    def __init__(self) -> None:
        _sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX))
        self._folder.chmod(0o711)
        self._lock = (self._folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._servers: dict[str, Server] = {}
        self._clusters: dict[Path, Cluster] = {}

    def close(self) -> None:
        """Stop every engine and remove their data."""
        for server in self._servers.values():
            asyncio.run(server.kill())
        remove(self._folder)
        self._lock.close()

    def new_folder(self) -> Path:
        """Return an empty folder that every user may pass through."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        folder.chmod(0o711)
        return folder

    def cluster(self, binaries: Path) -> Cluster:
        """Return the PostgreSQL server of these binaries."""
        if binaries not in self._clusters:
            program = PostgresProgram(secrets.token_hex(8), binaries, _THROWAWAY)
            name = f"postgres-{len(self._clusters)}"
            self._clusters[binaries] = Cluster(program, self._server(name, program))
        return self._clusters[binaries]

    def dynamo(self, name: str) -> DynamoEngine:
        """Return DynamoDB by one of its local implementations."""
        program, supports = _DYNAMO_PROGRAMS[name]
        return DynamoEngine(
            name=name,
            endpoint=f"http://{HOST}:{self._server(name, program).port}",
            region=REGION,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            supports=supports,
        )

    def s3(self, name: str, bucket: str) -> S3Engine:
        """Return S3 by one of its local implementations, without the bucket."""
        program = SeaweedProgram() if name == "seaweedfs" else MinistackProgram(keep=False)
        return S3Engine(
            name=name,
            endpoint=f"http://{HOST}:{self._server(name, program).port}",
            region=REGION,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            bucket=bucket,
        )

    def bucket(self, name: str) -> S3Engine:
        """Return S3 by one of its local implementations, with a new bucket."""
        engine = self.s3(name, bucket=f"test-{uuid.uuid4().hex}")
        client = boto_client(engine)
        client.create_bucket(Bucket=engine.bucket)
        client.close()
        return engine

    def _server(self, name: str, program: Program) -> Server:
        if name not in self._servers:
            server = Server(program, self._folder / name)
            asyncio.run(server.start())
            self._servers[name] = server
        return self._servers[name]


def _sweep() -> None:
    """Remove the data of test processes that were killed: those that no longer hold a lock."""
    for lock_file in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*/lock"):
        with suppress(OSError), lock_file.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(lock_file.parent)


def remove(folder: Path) -> None:
    """Remove data, and end detached engines that a failed test left running on it."""
    for pid_file in folder.rglob("pid"):
        process = process_of(pid_file)
        if process is not None:
            process.kill()
    shutil.rmtree(folder, ignore_errors=True)
