"""All parts on one machine: stores, capture, relay, verification, site and dashboard."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaigns.app import open_app
from campaigns.embedded import NAME, open_stores, settings_of
from campaigns.mapping import APPLICATION
from campaigns.web import SiteOptions, create_site
from crossfade import Unavailable, open_migration, postgres
from crossfade.jobs.loop import Pauses, forever
from crossfade.jobs.tasks import sleep_unless
from crossfade.local import Lifetime, LocalServices, State, status
from crossfade.runtime.operator import open_worker
from crossfade.runtime.verification import open_verifier
from crossfade.telemetry import log_event
from crossfade.web.dashboard import Address, create_dashboard, listen, serve, url_of

CHECK_SECONDS = 1.0
"""Interval of the check whether joined engines still run, in seconds."""


@dataclass(frozen=True, slots=True)
class ServerAddresses:
    """The addresses of the running servers.

    Attributes:
        site: URL of the application.
        dashboard: URL of the dashboard.
        variables: environment variables with which other programs reach the stores.
    """

    site: str
    dashboard: str
    variables: dict[str, str]


@asynccontextmanager
async def open_engines(folder: Path) -> AsyncIterator[tuple[LocalServices, bool]]:
    """Start the engines of a folder for this block, or join engines that already run there.

    Yields:
        The engines, and whether they were joined, so that they outlive the block.
    """
    joined = any(engine.state is State.RUNNING for engine in status(folder))
    if not joined:
        async with open_stores(folder, lifetime=Lifetime.TIED) as engines:
            yield engines, joined
        return
    # Left at once, because an open block locks the folder and so prevents `local down`.
    async with open_stores(folder, lifetime=Lifetime.DETACHED) as engines:
        pass
    yield engines, joined


async def serve_all(
    folder: Path,
    site_at: Address,
    dashboard_at: Address,
    stop: asyncio.Event,
    on_ready: Callable[[ServerAddresses], None],
) -> None:
    """Serve both applications until `stop` is set, or until joined engines are stopped.

    Args:
        folder: data folder of the engines.
        site_at: address of the application.
        dashboard_at: address of the dashboard.
        stop: ends the servers.
        on_ready: called once the stores are open and both sockets listen.

    Raises:
        ConfigurationError: the folder cannot be used, or a port is taken.
        Unavailable: a store does not answer.
    """
    async with AsyncExitStack() as stack:
        site_socket = stack.enter_context(listen(site_at))
        dashboard_socket = stack.enter_context(listen(dashboard_at))
        engines, joined = await stack.enter_async_context(open_engines(folder))
        settings = settings_of(engines)
        await postgres.install(engines.dsn, APPLICATION.mappings)
        migration = await stack.enter_async_context(open_migration(settings, APPLICATION))
        verifier = await stack.enter_async_context(open_verifier(settings, APPLICATION.mappings))
        worker = await stack.enter_async_context(open_worker(settings, APPLICATION))
        app = await stack.enter_async_context(
            open_app(engines.dsn, migration.push, delivery_status=migration.delivery_status)
        )
        options = SiteOptions(secret=secret_of(folder), public_url=url_of(site_socket))
        site = create_site(app, options)
        dashboard = create_dashboard(settings, APPLICATION, stop)
        on_ready(
            ServerAddresses(url_of(site_socket), url_of(dashboard_socket), variables_of(engines))
        )
        jobs = [
            serve(site, site_socket, stop),
            serve(dashboard, dashboard_socket, stop),
            migration.run_relay(stop),
            verifier.verify_continuously(stop),
            forever("work", worker.step, stop, log_event, Pauses()),
            *([_stop_when_engines_stop(folder, stop)] if joined else []),
        ]
        try:
            await _run_all(jobs)
        except Unavailable:
            # Stopped engines cannot be closed cleanly.
            if not joined or _are_running(folder):
                raise


def secret_of(folder: Path) -> str:
    """Return the secret of the site's cookies, kept in the folder so that users stay signed in."""
    file = folder / "site-secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text()


def variables_of(engines: LocalServices) -> dict[str, str]:
    """Return the environment variables with which other programs reach the stores."""
    return engines.environment | {"DYNAMODB_TABLE_NAME": NAME, "S3_BUCKET_NAME": NAME}


async def _run_all(jobs: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run jobs to their end; cancel the others on an error and raise the first one unwrapped."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for job in jobs:
                tasks.create_task(job)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _stop_when_engines_stop(folder: Path, stop: asyncio.Event) -> None:
    """Set `stop` as soon as an engine of a folder no longer runs."""
    while _are_running(folder):
        if not await sleep_unless(stop, CHECK_SECONDS):
            return
    stop.set()


def _are_running(folder: Path) -> bool:
    """Return whether all engines of a folder run."""
    return all(engine.state is State.RUNNING for engine in status(folder))
