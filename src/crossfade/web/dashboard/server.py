"""Serve an application with uvicorn on a given socket, until a stop event is set."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from crossfade.errors import ConfigurationError
from crossfade.jobs.tasks import cancel_and_wait
from crossfade.mapping.application import Application
from crossfade.settings import Settings
from crossfade.web.dashboard.app import create_dashboard
from crossfade.web.dashboard.tokens import check_exposure, tokens_of

SHUTDOWN_SECONDS_MAX = 5
BACKLOG_MAX = 128


@dataclass(frozen=True, slots=True)
class Address:
    """The address to listen on; port 0 selects a free one."""

    host: str = "127.0.0.1"
    port: int = 0


def listen(address: Address) -> socket.socket:
    """Return a listening socket, whose port is then known before requests are served.

    Raises:
        ConfigurationError: the address is not this machine's, or the port is in use.
    """
    try:
        return socket.create_server(
            (address.host, address.port),
            family=socket.AF_INET6 if ":" in address.host else socket.AF_INET,
            backlog=BACKLOG_MAX,
        )
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {address.host} port {address.port}: {error.strerror or error}; "
            "choose another port, or 0 for a free one"
        ) from None


def url_of(listener: socket.socket) -> str:
    """Return the URL of the server."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(app: ASGIApp, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve requests until `stop` is set, then finish the current ones.

    The caller handles signals: no signal handlers are installed.
    """
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
        )
    )
    ending = asyncio.create_task(_end(server, stop))
    try:
        await server.serve(sockets=[listener])
    finally:
        await cancel_and_wait(ending)


async def serve_dashboard(
    settings: Settings,
    application: Application,
    address: Address,
    on_start: Callable[[str], None],
) -> None:
    """Serve the dashboard until SIGINT or SIGTERM.

    Args:
        settings: from `crossfade.load_settings`, or constructed.
        application: the application whose migration is shown.
        address: the address to listen on.
        on_start: called with the URL once the socket listens.

    Raises:
        ConfigurationError: the address is not available, or it would expose a dashboard without a
            token to other machines.
    """
    check_exposure(tokens_of(settings), address.host)
    stop = asyncio.Event()
    app = create_dashboard(settings, application, stop)
    with listen(address) as listener:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        on_start(url_of(listener))
        await serve(app, listener, stop)


class _Server(uvicorn.Server):
    """A server that leaves signal handling to its caller."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _end(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
