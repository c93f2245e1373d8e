"""One client per process, event loop and configuration."""

from __future__ import annotations

import asyncio
import os

from crossfade.dynamo.client import Client
from crossfade.dynamo.config import Config

# The process id, because a forked child must not write to its parent's connections; the event loop,
# because connections belong to one.
_Key = tuple[int, asyncio.AbstractEventLoop, Config]
_CLIENTS: dict[_Key, Client] = {}


def connect(config: Config) -> Client:
    """Return this process's client for the running event loop and this configuration.

    The first call creates it. All callers with an equal configuration share its connections and
    its retry quota. Each calls `Client.close` once; the last call closes the connections.

    Raises:
        ConfigurationError: as `Client` does.
    """
    for stale in [key for key, client in _CLIENTS.items() if client.closed or key[1].is_closed()]:
        del _CLIENTS[stale]
    key = (os.getpid(), asyncio.get_running_loop(), config)
    if key in _CLIENTS:
        return _CLIENTS[key].share()
    _CLIENTS[key] = Client(config)
    return _CLIENTS[key]
