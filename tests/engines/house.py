"""The engines of one test process: each starts when a test first asks for it."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import psutil

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
from engines.databases import Cluster
from engines.dynalite import DynaliteProgram
from engines.dynamodb_local import DynamoDBLocalProgram
from engines.seaweedfs import SeaweedProgram
from engines.values import DynamoEngine, S3Engine

_FOLDER_PREFIX = "crossfade-tests-"
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings of a cluster whose data nobody misses after a power cut."""

_BOTH = frozenset({"transactions", "return_values_on_condition_check_failure", "ttl", "streams"})
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


class House:
    """Starts engines on demand and stops all of them at the end of the session."""

    def __init__(self) -> None:
        _sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-"))
        self._folder.chmod(0o711)
        self._servers: dict[str, Server] = {}
        self._clusters: dict[Path, Cluster] = {}

    def close(self) -> None:
        """Stop every engine and remove their data."""
        for server in self._servers.values():
            asyncio.run(server.kill())
        remove(self._folder)

    def new_folder(self) -> Path:
        """An empty folder that every user may pass through."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        folder.chmod(0o711)
        return folder

    def cluster(self, binaries: Path) -> Cluster:
        """The PostgreSQL server of these binaries."""
        if binaries not in self._clusters:
            program = PostgresProgram(secrets.token_hex(8), binaries, _THROWAWAY)
            name = f"postgres-{len(self._clusters)}"
            self._clusters[binaries] = Cluster(program, self._server(name, program))
        return self._clusters[binaries]

    def dynamo(self, name: str) -> DynamoEngine:
        """DynamoDB by one of its local implementations."""
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
        """S3 by one of its local implementations, the bucket not made yet."""
        program = SeaweedProgram() if name == "seaweedfs" else MinistackProgram(keep=False)
        return S3Engine(
            name=name,
            endpoint=f"http://{HOST}:{self._server(name, program).port}",
            region=REGION,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            bucket=bucket,
        )

    def _server(self, name: str, program: Program) -> Server:
        if name not in self._servers:
            server = Server(program, self._folder / name)
            asyncio.run(server.start())
            self._servers[name] = server
        return self._servers[name]


def _sweep() -> None:
    """Remove the data of test processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(_FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            remove(folder)


def remove(folder: Path) -> None:
    """Remove data, and end detached engines that a failed test left running on it."""
    for pid_file in folder.rglob("pid"):
        process = process_of(pid_file)
        if process is not None:
            process.kill()
    shutil.rmtree(folder, ignore_errors=True)
