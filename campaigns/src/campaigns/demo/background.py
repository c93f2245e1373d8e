"""The servers that keep running after the demonstration: the application and the dashboard."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from crossfade import Unreachable
from crossfade.local import HOST, free_port, is_free, status_of

SITE_PORT, DASHBOARD_PORT = 8000, 8001
START_SECONDS_MAX = 60.0
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class BackgroundServers:
    """Servers in a background process, which ends when the engines of the folder are stopped.

    Attributes:
        folder: the engines' data, and the log.
        site: URL of the application.
        dashboard: URL of the dashboard.
    """

    folder: Path
    site: str
    dashboard: str


async def serve_in_background(folder: Path) -> BackgroundServers:
    """Serve both applications on running engines, in a process that outlives this one.

    Raises:
        Unreachable: the servers do not answer; the error names the log.
    """
    ports = [port if is_free(port) else free_port() for port in (SITE_PORT, DASHBOARD_PORT)]
    site, dashboard = ports
    log = folder / "serve.log"
    command = ("serve", "--data", folder, "--port", site, "--dashboard-port", dashboard)
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "campaigns", *map(str, command)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    ended = asyncio.create_task(process.wait())
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            for port in ports:
                while not ended.done() and await status_of(port) is None:
                    await asyncio.wait([ended], timeout=POLL_SECONDS)
    except TimeoutError:
        process.terminate()
        await ended
    if ended.done():
        raise Unreachable(f"the application does not answer; see {log}")
    ended.cancel()
    return BackgroundServers(folder, *(f"http://{HOST}:{port}" for port in ports))
