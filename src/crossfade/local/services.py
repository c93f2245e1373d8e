"""PostgreSQL, DynamoDB and S3 together, in one data folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from crossfade.errors import ConfigurationError
from crossfade.local.lock import locked
from crossfade.local.ministack import ACCESS_KEY, REGION, SECRET_KEY, MinistackProgram
from crossfade.local.ports import is_free
from crossfade.local.postgres import PostgresProgram
from crossfade.local.program import HOST, Program
from crossfade.local.server import Lifetime, Server, Start, State
from crossfade.local.state_file import FolderState, new_state, read_state, write_state

_PROVIDES = {"postgres": "PostgreSQL", "aws": "DynamoDB and S3"}


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """One engine in the output of `crossfade local status`.

    Attributes:
        name: ``postgres`` or ``aws``.
        provides: the stores that it serves, for people.
        state: whether it runs.
        port: its port, or the last one; None before the first start.
        pid: its process id; None while it is not running.
        folder: its data, log and process id.
    """

    name: str
    provides: str
    state: State
    port: int | None
    pid: int | None
    folder: str


class LocalServices:
    """The engines of one data folder, opened by `local_services`.

    Either server can be stopped and started alone; it keeps its port and its data.

    Attributes:
        folder: the data folder.
        started: how `start` started each server, by its name.
        postgres: PostgreSQL 18.
        aws: DynamoDB and S3, one process.
    """

    def __init__(self, folder: Path, state: FolderState, lifetime: Lifetime) -> None:
        self.folder = folder.resolve()
        self.started: dict[str, Start] = {}
        self._saved = state
        self._program = PostgresProgram(state.password)
        aws = MinistackProgram()
        self.postgres = _server(
            self._program, self.folder / "postgres", state.postgres_port, lifetime
        )
        self.aws = _server(aws, self.folder / "aws", state.aws_port, lifetime)

    @property
    def servers(self) -> dict[str, Server]:
        """Return both servers by their names, ``postgres`` and ``aws``."""
        return {"postgres": self.postgres, "aws": self.aws}

    @property
    def dsn(self) -> str:
        """Return the libpq URL of the database ``postgres``, password included."""
        return self._program.dsn(self.postgres.port)

    @property
    def endpoint(self) -> str:
        """Return the URL of DynamoDB and of S3."""
        return f"http://{HOST}:{self.aws.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables that a program needs to connect to these stores."""
        return {
            "DATABASE_URL": self.dsn,
            "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }

    @property
    def status(self) -> tuple[EngineStatus, ...]:
        """Return the status of each engine; a stopped one has its last port."""
        ports = {"postgres": self._saved.postgres_port, "aws": self._saved.aws_port}
        return tuple(
            EngineStatus(
                name, _PROVIDES[name], server.state, ports[name], server.pid, str(server.folder)
            )
            for name, server in self.servers.items()
        )

    async def start(self) -> None:
        """Start the servers that are not running, and fill `started`; all or none.

        Raises:
            ConfigurationError: the folder cannot be used.
            Unreachable: an engine did not start; the message ends with its log.
        """
        starts = (server.start() for server in self.servers.values())
        outcomes = await asyncio.gather(*starts, return_exceptions=True)
        done = dict(zip(self.servers, outcomes, strict=True))
        self.started = {name: one for name, one in done.items() if isinstance(one, Start)}
        errors = [one for one in outcomes if isinstance(one, BaseException)]
        if errors:
            await self._stop_started()
            raise errors[0]
        pids = {name: server.pid for name, server in self.servers.items()}
        self._saved = FolderState(self._saved.password, self.postgres.port, self.aws.port, pids)
        write_state(self.folder, self._saved)

    async def _stop_started(self) -> None:
        for name, start in self.started.items():
            if start is not Start.RAN_ALREADY:
                await self.servers[name].stop()

    async def stop(self) -> None:
        """Stop both servers in order, so that tables are saved; the data stays."""
        await asyncio.gather(self.postgres.stop(), self.aws.stop())


@asynccontextmanager
async def local_services(
    folder: Path, *, lifetime: Lifetime = Lifetime.TIED
) -> AsyncIterator[LocalServices]:
    """Run PostgreSQL, DynamoDB and S3 on a data folder during the block.

    Args:
        folder: created if missing; keeps data, ports and password.
        lifetime: with `Lifetime.DETACHED` the servers outlive the block and this process, and
            servers that already run are used.

    Raises:
        ConfigurationError: the folder cannot be used, or is in use.
        Unreachable: an engine did not start; the message ends with its log.
    """
    tied = lifetime is Lifetime.TIED
    make_folder(folder)
    async with locked(folder):
        state = read_state(folder) or new_state()
        write_state(folder, state)
        services = LocalServices(folder, state, lifetime)
        if tied and any(server.pid for server in services.servers.values()):
            raise ConfigurationError(
                f"{folder}: engines already run on this folder; "
                "stop them with `crossfade local down` or choose another folder"
            )
        try:
            await services.start()
            yield services
        finally:
            if tied:
                await services.stop()


def make_folder(folder: Path) -> None:
    """Create a data folder that the user that PostgreSQL runs as may enter.

    Raises:
        ConfigurationError: it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            folder.chmod(folder.stat().st_mode | 0o011)
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: {error.strerror}; choose a data folder that you may write to"
        ) from None


def _server(program: Program, folder: Path, port: int | None, lifetime: Lifetime) -> Server:
    """Return a server with its last port, or a new one if another program has taken that."""
    server = Server(program, folder, port=port, lifetime=lifetime)
    if port is None or server.pid is not None or is_free(port):
        return server
    return Server(program, folder, lifetime=lifetime)
