"""The cost for a request of the application: none, triggers, push, push to a target that hangs.

Four databases take turns with a block of requests each. CPU is that of this process, deliveries in
the background included; the engines are other processes.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil

from bench.core import Options, Row, percentile
from bench.services import Workspace, engines, make_workspace
from campaigns.actions import create_campaign, create_session, create_user, update_campaign
from campaigns.app import App, Push, no_push, open_app
from campaigns.inputs import CampaignChanges, NewCampaign, NewSession, NewUser
from campaigns.mapping import APPLICATION
from campaigns.records import Campaign
from crossfade.events import Event
from crossfade.runtime.migration import open_migration
from crossfade.testing import Stall, TcpProxy

NAME = "request"
REQUESTS = 120
HUNG_PUSHES = 50_000

Operation = Callable[["Site"], Awaitable[None]]


@dataclass
class Site:
    """One variant: an open application with a campaign, and the measurements of its requests."""

    app: App
    campaign: Campaign
    took_ms: dict[str, list[float]] = field(default_factory=dict)
    cpu_ms: dict[str, list[float]] = field(default_factory=dict)


async def rename(site: Site) -> None:
    """Change the name of the campaign."""
    changes = CampaignChanges(expected_revision=site.campaign.revision, name="High tide")
    site.campaign = await update_campaign(
        site.app, site.campaign.user_id, site.campaign.id, changes
    )


async def begin(site: Site) -> None:
    """Create a session."""
    await create_session(site.app, site.campaign.user_id, NewSession(name="Low tide"))


OPERATIONS: dict[str, Operation] = {"update_campaign": rename, "create_session": begin}


async def run(options: Options) -> list[Row]:
    """Measure both actions in four variants, then the memory while the target hangs."""
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(engines())
        target = urlsplit(services.endpoint)
        hung = await stack.enter_async_context(
            TcpProxy(str(target.hostname), int(target.port or 0))
        )
        await hung.inject(Stall())
        endpoint = f"http://127.0.0.1:{hung.port}"
        workspaces = {
            "without Crossfade": await make_workspace(services, "without", capture=False),
            "triggers only": await make_workspace(services, "triggers"),
            "push": await make_workspace(services, "push"),
            "push, target hung": await make_workspace(services, "hung", endpoint=endpoint),
        }
        sites = {name: await _prepare(workspace) for name, workspace in workspaces.items()}
        for measured in (False, *([True] * options.rounds)):
            for name, workspace in workspaces.items():
                await _block(sites[name], workspace, options, pushing="push" in name, keep=measured)
        rows = [_row(operation, name, sites[name]) for operation in OPERATIONS for name in sites]
        return [*rows, await _memory(workspaces["push, target hung"], options)]


async def _prepare(workspace: Workspace) -> Site:
    async with open_app(workspace.dsn) as app:
        user = await create_user(app, NewUser(email="owner@example.org"))
        campaign = await create_campaign(app, user.id, NewCampaign(name="Low tide"))
    return Site(app, campaign)


async def _block(
    site: Site, workspace: Workspace, options: Options, *, pushing: bool, keep: bool
) -> None:
    """Open the application, send a block of each request, and close it."""
    count = options.operations(REQUESTS)
    async with _push(workspace, pushing=pushing) as push, open_app(workspace.dsn, push) as app:
        site.app = app
        await rename(site)
        for name, operation in OPERATIONS.items():
            cpu_started = time.process_time()
            took_ms = [await _timed(operation, site) for _ in range(count)]
            cpu_ms = (time.process_time() - cpu_started) * 1000 / count
            if keep:
                site.took_ms.setdefault(name, []).extend(took_ms)
                site.cpu_ms.setdefault(name, []).append(cpu_ms)


@asynccontextmanager
async def _push(workspace: Workspace, *, pushing: bool) -> AsyncIterator[Push]:
    if not pushing:
        yield no_push
        return
    settings = workspace.settings.model_copy(update={"drain_seconds": 0.2})
    async with open_migration(settings, APPLICATION, _ignore) as migration:
        yield migration.push


async def _timed(operation: Operation, site: Site) -> float:
    started = time.perf_counter()
    await operation(site)
    return (time.perf_counter() - started) * 1000


def _row(operation: str, name: str, site: Site) -> Row:
    took_ms = site.took_ms[operation]
    return Row(
        f"request path: {operation}",
        name,
        {
            "p50 ms": percentile(took_ms, 0.5),
            "p99 ms": percentile(took_ms, 0.99),
            "cpu ms/request": statistics.median(site.cpu_ms[operation]),
        },
    )


async def _memory(workspace: Workspace, options: Options) -> Row:
    """Push far more rows than the fast path may hold, while the target hangs."""
    count = options.operations(HUNG_PUSHES)
    waiting_max = workspace.settings.push_queue_keys_max
    async with _push(workspace, pushing=True) as push:
        before_bytes = psutil.Process().memory_info().rss
        for number in range(count):
            await push("session", f"session-{number}")
            if number % 1000 == 0:
                await asyncio.sleep(0)
        grown_bytes = psutil.Process().memory_info().rss - before_bytes
    return Row(
        "memory while the target hangs",
        f"{count} rows pushed",
        {"growth MiB": grown_bytes / 2**20},
        note=f"at most {waiting_max} wait; the relay delivers the others",
    )


def _ignore(event: Event) -> None:
    del event
