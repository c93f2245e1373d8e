"""The site on the database and the stores of the environment's settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from campaigns.app import App, open_app
from campaigns.mapping import APPLICATION
from campaigns.settings import Settings
from campaigns.web import create_site, options_of
from crossfade import Settings as Stores
from crossfade import open_migration
from crossfade.web.dashboard import Address, listen, serve, url_of


async def serve_site(
    settings: Settings,
    stores: Stores | None,
    at: Address,
    stop: asyncio.Event,
    on_ready: Callable[[str], None],
) -> None:
    """Serve the site until `stop` is set.

    Args:
        settings: settings of the database and the site.
        stores: settings of the target stores for committed changes; None for PostgreSQL only.
        at: address to listen on.
        stop: ends the server.
        on_ready: called with the site's URL as soon as the socket listens.

    Raises:
        ConfigurationError: a setting is wrong, or the port is taken.
        Invalid: `DATABASE_URL` is malformed.
    """
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(listen(at))
        app = await _open(stack, settings.database_url, stores)
        address = url_of(listener)
        site = create_site(app, options_of(settings, address))
        on_ready(address)
        await serve(site, listener, stop)


async def _open(stack: AsyncExitStack, dsn: str, stores: Stores | None) -> App:
    if stores is None:
        return await stack.enter_async_context(open_app(dsn))
    migration = await stack.enter_async_context(open_migration(stores, APPLICATION))
    opened = open_app(dsn, migration.push, delivery_status=migration.delivery_status)
    return await stack.enter_async_context(opened)
