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
from crossfade.local.memory import Memory, first_memory, recall, remember
from crossfade.local.ministack import ACCESS_KEY, REGION, SECRET_KEY, MinistackProgram
from crossfade.local.ports import is_free
from crossfade.local.postgres import PostgresProgram
from crossfade.local.program import HOST, Program
from crossfade.local.server import Lifetime, Server, Start, State

_PROVIDES = {"postgres": "PostgreSQL", "aws": "DynamoDB and S3"}


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """One engine as `crossfade local status` shows it."""

    name: str
    provides: str
    state: State
    port: int | None
    pid: int | None
    folder: str


class LocalServices:
    """The three stores of one data folder; `local_stack` makes it.

    Attributes:
        postgres: PostgreSQL 18.
        aws: DynamoDB and S3, one process. Either server can be stopped and started alone; it
            keeps its port and its data.
    """

    def __init__(self, folder: Path, memory: Memory, lifetime: Lifetime) -> None:
        self.folder = folder.resolve()
        self.started: dict[str, Start] = {}
        self._memory = memory
        self._program = PostgresProgram(memory.password)
        aws = MinistackProgram()
        self.postgres = _server(
            self._program, self.folder / "postgres", memory.postgres_port, lifetime
        )
        self.aws = _server(aws, self.folder / "aws", memory.aws_port, lifetime)

    @property
    def servers(self) -> dict[str, Server]:
        """Both servers by name."""
        return {"postgres": self.postgres, "aws": self.aws}

    @property
    def dsn(self) -> str:
        """The libpq URL of the database ``postgres``, password included."""
        return self._program.dsn(self.postgres.port)

    @property
    def endpoint(self) -> str:
        """The URL of DynamoDB and of S3."""
        return f"http://{HOST}:{self.aws.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that lead a program to these stores."""
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
        """What runs, and where; the port of a stopped server is the one it had last."""
        ports = {"postgres": self._memory.postgres_port, "aws": self._memory.aws_port}
        return tuple(
            EngineStatus(
                name, _PROVIDES[name], server.state, ports[name], server.pid, str(server.folder)
            )
            for name, server in self.servers.items()
        )

    async def start(self) -> None:
        """Start what does not run; `started` then says what was done.

        Raises:
            ConfigurationError: the folder cannot be used.
            Unreachable: an engine did not come up; the message ends with its log.
        """
        starts = (server.start() for server in self.servers.values())
        outcomes = await asyncio.gather(*starts, return_exceptions=True)
        done = dict(zip(self.servers, outcomes, strict=True))
        self.started = {name: one for name, one in done.items() if isinstance(one, Start)}
        errors = [one for one in outcomes if isinstance(one, BaseException)]
        if errors:
            await self._stop_what_was_started()
            raise errors[0]
        pids = {name: server.pid for name, server in self.servers.items()}
        self._memory = Memory(self._memory.password, self.postgres.port, self.aws.port, pids)
        remember(self.folder, self._memory)

    async def _stop_what_was_started(self) -> None:
        for name, start in self.started.items():
            if start is not Start.RAN_ALREADY:
                await self.servers[name].stop()

    async def stop(self) -> None:
        """Stop both servers in order, so that tables are saved; the data stays."""
        await asyncio.gather(self.postgres.stop(), self.aws.stop())


@asynccontextmanager
async def local_stack(
    folder: Path, *, lifetime: Lifetime = Lifetime.TIED
) -> AsyncIterator[LocalServices]:
    """Run the three stores on a data folder, for as long as the block lasts.

    Args:
        folder: made when missing; data, ports and password stay in it.
        lifetime: with `Lifetime.DETACHED` the servers outlive the block and this process, and
            servers that run already are taken over.

    Raises:
        ConfigurationError: the folder cannot be used, or is in use.
        Unreachable: an engine did not come up; the message ends with its log.
    """
    tied = lifetime is Lifetime.TIED
    make_folder(folder)
    async with locked(folder):
        memory = recall(folder) or first_memory()
        remember(folder, memory)
        stack = LocalServices(folder, memory, lifetime)
        if tied and any(server.pid for server in stack.servers.values()):
            raise ConfigurationError(
                f"{folder}: engines run on this folder already; "
                "stop them with `crossfade local down` or choose another folder"
            )
        try:
            await stack.start()
            yield stack
        finally:
            if tied:
                await stack.stop()


def make_folder(folder: Path) -> None:
    """Make a data folder, which the user PostgreSQL runs as must be able to pass through.

    Raises:
        ConfigurationError: it cannot be made.
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
    """A server on its last port, or on a new one when another program took that."""
    server = Server(program, folder, port=port, lifetime=lifetime)
    if port is None or server.pid is not None or is_free(port):
        return server
    return Server(program, folder, lifetime=lifetime)
