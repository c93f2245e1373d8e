"""One client per process, event loop and configuration."""

from __future__ import annotations

import asyncio
import os

from crossfade.dynamo.client import Client
from crossfade.dynamo.config import Config

# The process id keeps a forked child from writing into its parent's connections; the loop keeps
# a client from outliving the loop that its connections belong to.
_Owner = tuple[int, asyncio.AbstractEventLoop, Config]
_CLIENTS: dict[_Owner, Client] = {}


def connect(config: Config) -> Client:
    """Return this process's client of the running event loop; the first call makes it.

    Everyone who asks with an equal configuration shares its connections and its budget of repeats,
    and closes it when done with it: the last one closes the connections.

    Raises:
        ConfigurationError: as `Client` does.
    """
    for stale in [key for key, client in _CLIENTS.items() if client.closed or key[1].is_closed()]:
        del _CLIENTS[stale]
    owner = (os.getpid(), asyncio.get_running_loop(), config)
    if owner in _CLIENTS:
        return _CLIENTS[owner].share()
    _CLIENTS[owner] = Client(config)
    return _CLIENTS[owner]
