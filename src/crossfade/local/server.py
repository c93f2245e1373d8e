"""Run a program as a server: start it, wait until it answers, stop it, kill it, restart it."""

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
    """As long as the thread that started it, even if that is killed with ``kill -9`` (Linux)."""
    DETACHED = "detached"
    """Until any process stops it."""


class State(StrEnum):
    """The state of a server."""

    RUNNING = "running"
    STOPPED = "stopped"
    CRASHED = "crashed"
    """The process ended without being stopped."""


class Start(StrEnum):
    """The result of `Server.start`."""

    RAN_ALREADY = "ran already"
    STARTED = "started"
    RECOVERED = "started after a crash"


class Server:
    """One program, its data folder and its port.

    The process id is kept in ``<folder>/pid``, so another process can control this server too.

    Args:
        program: the program to run.
        folder: data, log and process id; created if missing, kept when the server stops.
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
        """Return the port, chosen at the first start unless given.

        Raises:
            ConfigurationError: no port was given, and the server was never started.
        """
        if self._port is None:
            raise ConfigurationError(f"{self.program.name}: no port before the first start")
        return self._port

    @property
    def pid(self) -> int | None:
        """Return the process id; None while the server is not running."""
        process = self._running()
        return None if process is None else process.pid

    @property
    def state(self) -> State:
        """Return whether the server runs, was stopped or crashed."""
        if self._running() is not None:
            return State.RUNNING
        return State.CRASHED if self._pid_file.exists() else State.STOPPED

    @property
    def log_file(self) -> Path:
        """Return the file that the program's output is appended to."""
        return self.folder / "log"

    async def start(self) -> Start:
        """Start the server and return once it answers; harmless if it already runs.

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
        """Stop the server in order and wait for it; kill it if it does not end. Its data stays."""
        process = self._running()
        if process is None:
            self._forget()
            return
        process.send_signal(self.program.stop_signal)
        if not await _ended(process, _STOP_SECONDS_MAX):
            await self.kill()
        self._forget()

    async def kill(self) -> None:
        """Kill the server and the processes it started (SIGKILL), as in a crash."""
        process = self._running()
        if process is None:
            self._forget()
            return
        tree = [process, *process.children(recursive=True)]
        for one in tree:
            _send(one, signal.SIGKILL)
        for one in tree:
            await _ended(one, _STOP_SECONDS_MAX)
        self._forget()

    async def restart(self) -> None:
        """Stop the server and start it on the same port with the same data."""
        await self.stop()
        await self.start()

    async def _start_on_a_free_port(self) -> None:
        """Try several ports: another program may take one before the server listens on it."""
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
    """Return the process that wrote this file; None if it ended, even if its id was reused."""
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
        process.wait(timeout=0)  # reaps an ended child process
    except psutil.TimeoutExpired:
        return _is_zombie(process)
    return True


def _is_zombie(process: psutil.Process) -> bool:
    """Return whether the process has ended, but has not been reaped by its parent."""
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
    """Return whether this process listens on the port; another one might answer there."""
    try:
        connections = process.net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        return False
    return any(
        one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
        for one in connections
    )
