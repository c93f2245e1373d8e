"""The HTTP endpoint from which Prometheus reads a process's metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from crossfade.errors import ConfigurationError


@contextmanager
def exported(registry: CollectorRegistry, host: str, port: int) -> Iterator[str]:
    """Serve the metrics of a registry from a separate thread until the block ends.

    Args:
        registry: the metrics.
        host: the address to listen on.
        port: the port; 0 for any free one.

    Yields:
        The URL of the metrics.

    Raises:
        ConfigurationError: the address cannot be bound.
    """
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise ConfigurationError(
            f"cannot serve metrics on {host} port {port}: {error.strerror or error}; "
            "choose another one; port 0 selects a free one"
        ) from None
    try:
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
