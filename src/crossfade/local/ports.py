"""Choose a free port on the loopback interface."""

from __future__ import annotations

import random
import socket

from crossfade.local.program import HOST

_LOWEST, _HIGHEST = 20_000, 29_999
"""Below the ephemeral ports of outgoing connections (32768 and up on Linux): a client that keeps
connecting to a stopped server could otherwise get the server's own port and keep it."""


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that no server listens on now.

    Raises:
        OSError: 1,000 ports, chosen at random, were all in use.
    """
    for _ in range(1_000):
        port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 - no secret depends on it
        if is_free(port):
            return port
    raise OSError(f"no free port found between {_LOWEST} and {_HIGHEST} on {HOST}")
