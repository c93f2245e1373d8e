"""Running a program as a server: start, wait until it answers, stop, kill, start again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from enum import StrEnum
from pathlib import Path

import psutil

from crossfade.errors import ConfigurationError, Unreachable
from crossfade.local import launch
from crossfade.local.ports import free_port, is_free
from crossfade.local.program import Program

_POLL_SECONDS = 0.02
_START_SECONDS_MAX = 90.0
_STOP_SECONDS_MAX = 30.0
_PORT_TRIES_MAX = 5
_LOG_TAIL_BYTES_MAX = 2_000


class Lifetime(StrEnum):
    """How long a server lives."""

    TIED = "tied"
    """As long as the thread that started it: killed with us, even by ``kill -9`` (Linux)."""
    DETACHED = "detached"
    """Until it is stopped, by whichever process."""


class State(StrEnum):
    """What is known of a server."""

    RUNNING = "running"
    STOPPED = "stopped"
    CRASHED = "crashed"
    """It ended without being stopped."""


class Start(StrEnum):
    """What `Server.start` did."""

    RAN_ALREADY = "ran already"
    STARTED = "started"
    RECOVERED = "started after a crash"


class Server:
    """One program, its data folder and its port.

    The process id stands in ``<folder>/pid``, so another process can look after this server too.

    Args:
        program: what to run.
        folder: data, log and process id; made when missing, kept when the server stops.
        port: the port to listen on; None: a free one, kept for all later starts.
        lifetime: whether the server ends with this process.
    """

    def __init__(
        self,
        program: Program,
        folder: Path,
        *,
        port: int | None = None,
        lifetime: Lifetime = Lifetime.TIED,
    ) -> None:
        self.program = program
        self.folder = folder.resolve()
        self._lifetime = lifetime
        self._port = port
        self._process: psutil.Process | None = None

    @property
    def port(self) -> int:
        """The port, chosen at the first start.

        Raises:
            ConfigurationError: not started yet and no port given.
        """
        if self._port is None:
            raise ConfigurationError(f"{self.program.name}: no port before the first start")
        return self._port

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        process = self._running()
        return None if process is None else process.pid

    @property
    def state(self) -> State:
        """Whether it runs, and if not, whether it was stopped."""
        if self._running() is not None:
            return State.RUNNING
        return State.CRASHED if self._pid_file.exists() else State.STOPPED

    @property
    def log_file(self) -> Path:
        """What the program printed, appended at every start."""
        return self.folder / "log"

    async def start(self) -> Start:
        """Start the server and return when it answers; harmless when it already runs.

        Raises:
            ConfigurationError: the given port is taken, or the folder cannot be used.
            Unreachable: the program ended or did not answer in time; the message ends with its log.
        """
        state = self.state
        if state is State.RUNNING:
            await self._wait_until_it_answers()
            return Start.RAN_ALREADY
        self.folder.mkdir(parents=True, exist_ok=True)
        await self.program.prepare(self.folder)
        if self._port is None:
            await self._start_on_a_free_port()
        else:
            await self._start_once()
        return Start.RECOVERED if state is State.CRASHED else Start.STARTED

    async def stop(self) -> None:
        """Ask the server to end, wait for it, and kill it when it does not; its data stays."""
        process = self._running()
        if process is None:
            self._forget()
            return
        process.send_signal(self.program.stop_signal)
        if not await _ended(process, _STOP_SECONDS_MAX):
            await self.kill()
        self._forget()

    async def kill(self) -> None:
        """End the server at once, as a crash would (SIGKILL), with the processes it started."""
        process = self._running()
        if process is None:
            self._forget()
            return
        family = [process, *process.children(recursive=True)]
        for member in family:
            _send(member, signal.SIGKILL)
        for member in family:
            await _ended(member, _STOP_SECONDS_MAX)
        self._forget()

    async def restart(self) -> None:
        """Stop and start on the same port with the same data."""
        await self.stop()
        await self.start()

    async def _start_on_a_free_port(self) -> None:
        """Try several: between finding a port and listening on it, another may take it."""
        for tries_left in reversed(range(_PORT_TRIES_MAX)):
            self._port = free_port()
            try:
                await self._start_once()
            except (ConfigurationError, Unreachable):
                if is_free(self.port) or not tries_left:
                    self._port = None
                    raise
            else:
                return

    async def _start_once(self) -> None:
        await self._wait_for_free_port()
        self._spawn()
        try:
            await self._wait_until_it_answers()
        except BaseException:
            await self.kill()
            raise

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def _running(self) -> psutil.Process | None:
        if self._process is None:
            self._process = process_of(self._pid_file)
        if self._process is not None and _has_ended(self._process):
            self._process = None
        return self._process

    def _forget(self) -> None:
        self._process = None
        self._pid_file.unlink(missing_ok=True)

    async def _wait_for_free_port(self) -> None:
        deadline = time.monotonic() + 5
        while not is_free(self.port):
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"{self.program.name}: port {self.port} is taken by another program; "
                    "stop that program or choose another port"
                )
            await asyncio.sleep(_POLL_SECONDS)

    def _spawn(self) -> None:
        account = self.program.account
        tied = self._lifetime is Lifetime.TIED
        plan = {
            "argv": self.program.arguments(self.folder, self.port),
            "pid_file": str(self._pid_file),
            "account": None if account is None else [account.uid, account.gid],
            "parent": os.getpid() if tied else None,
            "death_signal": int(self.program.stop_signal) if tied else None,
        }
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", launch.__file__, json.dumps(plan)],
            self.program.environment(self.folder, self.port),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log_file), append, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
        )
        self._process = psutil.Process(pid)

    async def _wait_until_it_answers(self) -> None:
        name = self.program.name
        deadline = time.monotonic() + _START_SECONDS_MAX
        while time.monotonic() < deadline:
            process = self._running()
            if process is None:
                raise Unreachable(f"{name} ended while starting; {self._log_tail()}")
            if _listens(process, self.port) and await self.program.answers(self.folder, self.port):
                return
            await asyncio.sleep(_POLL_SECONDS)
        raise Unreachable(
            f"{name} did not answer for {_START_SECONDS_MAX:.0f} s; {self._log_tail()}"
        )

    def _log_tail(self) -> str:
        if not self.log_file.exists():
            return "it printed nothing"
        tail = self.log_file.read_bytes()[-_LOG_TAIL_BYTES_MAX:].decode(errors="replace")
        return f"the end of {self.log_file}:\n{tail}"


def process_of(pid_file: Path) -> psutil.Process | None:
    """The process that wrote this file, unless it ended and its number belongs to another."""
    try:
        process = psutil.Process(int(pid_file.read_text()))
        written = pid_file.stat().st_mtime
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return process if process.create_time() <= written + 1 else None


def _has_ended(process: psutil.Process) -> bool:
    if not process.is_running():
        return True
    try:
        process.wait(timeout=0)  # collects a child of ours that ended
    except psutil.TimeoutExpired:
        return _is_zombie(process)
    return True


def _is_zombie(process: psutil.Process) -> bool:
    """Whether it ended and only waits for its own parent to notice."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def _ended(process: psutil.Process, seconds_max: float) -> bool:
    deadline = time.monotonic() + seconds_max
    while time.monotonic() < deadline:
        if _has_ended(process):
            return True
        await asyncio.sleep(_POLL_SECONDS)
    return _has_ended(process)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _listens(process: psutil.Process, port: int) -> bool:
    """Whether this very process listens there: an answer alone may come from a stranger."""
    try:
        connections = process.net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        return False
    return any(
        one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
        for one in connections
    )
