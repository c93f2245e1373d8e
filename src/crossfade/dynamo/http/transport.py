"""The default transport: HTTP/1.1 over pooled connections, TLS by the standard library."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import botocore.session
from botocore.exceptions import BotoCoreError

from crossfade.dynamo.config import Config
from crossfade.dynamo.http.connection import Connection, Stale
from crossfade.dynamo.http.pool import Limits, Pool
from crossfade.dynamo.request import Request, Response
from crossfade.errors import ConfigurationError, TimedOut, Unreachable

REPLACEMENTS_MAX = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """DynamoDB's address.

    Attributes:
        host: the host name or IP address, without brackets.
        port: the TCP port.
        tls: whether connections use TLS.
        authority: the ``Host`` header; it has the port unless that is the scheme's default.
    """

    host: str
    port: int
    tls: bool
    authority: str

    @classmethod
    def of(cls, url: str) -> Endpoint:
        """Return the endpoint of ``http[s]://host[:port]``.

        Raises:
            ConfigurationError: the URL is malformed, or has other parts.
        """
        remedy = "give https://host[:port]"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigurationError(f"endpoint: not a URL; {remedy}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(f"endpoint: not an http or https URL with a host; {remedy}")
        if parts.path not in {"", "/"} or parts.query or parts.username:
            raise ConfigurationError(f"endpoint: has more than scheme, host and port; {remedy}")
        tls = parts.scheme == "https"
        default_port = 443 if tls else 80
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        authority = host if port in {None, default_port} else f"{host}:{port}"
        return cls(parts.hostname, port or default_port, tls, authority)


def endpoint_of(config: Config) -> Endpoint:
    """Return the configured endpoint, or the one that botocore resolves for region and profile.

    Raises:
        ConfigurationError: the endpoint is malformed, or the region or the profile is unknown.
    """
    if config.endpoint is not None:
        return Endpoint.of(config.endpoint)
    try:
        client = botocore.session.Session(profile=config.profile).create_client(
            "dynamodb",
            region_name=config.region,
            # Without keys, botocore would resolve the credential chain here, on the event loop.
            aws_access_key_id="unused",
            aws_secret_access_key="unused",  # noqa: S106 - never signs anything
        )
    except BotoCoreError as error:
        raise ConfigurationError(
            f"region or profile: botocore finds no endpoint ({type(error).__name__}); "
            "correct AWS_REGION or AWS_PROFILE"
        ) from None
    with closing(client):
        return Endpoint.of(client.meta.endpoint_url)


class HttpTransport:
    """Sends requests to one endpoint over a connection pool.

    Args:
        config: the limits.
        endpoint: DynamoDB's address.

    Attributes:
        pool: the connection pool.
    """

    __slots__ = ("_config", "_context", "_endpoint", "_loop", "pool")

    def __init__(self, config: Config, endpoint: Endpoint) -> None:
        self._config = config
        self._endpoint = endpoint
        self._context = ssl.create_default_context(cafile=config.ca_file) if endpoint.tls else None
        self._loop = asyncio.get_running_loop()
        limits = Limits(config.connections_max, config.waiters_max, config.idle_seconds_max)
        self.pool = Pool(self._dial, limits, self._loop)

    async def __call__(self, request: Request) -> Response:
        """Send a request and return its response; raise the errors of `Transport`."""
        payload = request.head + request.body
        if not request.idempotent:
            # In one turn of the event loop, connections that the server closed leave the pool.
            await asyncio.sleep(0)
        replacements = 0
        while True:
            connection = self.pool.take() or await self.pool.acquire(request.deadline)
            deadline = min(request.deadline, self._loop.time() + request.attempt_seconds)
            try:
                return await connection.exchange(payload, deadline)
            except Stale:
                # The server closed an idle connection while the request was on its way. An
                # idempotent request is sent again at once, which does not count as an attempt.
                if not request.idempotent or replacements == REPLACEMENTS_MAX:
                    raise
                replacements += 1
                self.pool.drop_idle()
            except TimedOut:
                self.pool.drop_idle()  # the server may be dead; the next attempt opens a new one
                raise
            finally:
                self.pool.release(connection)

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()

    async def _dial(self, on_lost: Callable[[Connection], None]) -> Connection:
        endpoint = self._endpoint
        try:
            async with asyncio.timeout(self._config.connect_timeout_seconds):
                _, connection = await self._loop.create_connection(
                    lambda: Connection(self._loop, on_lost),
                    endpoint.host,
                    endpoint.port,
                    ssl=self._context,
                )
        except TimeoutError:
            raise Unreachable(
                f"no connection to {endpoint.authority} within "
                f"{self._config.connect_timeout_seconds} s"
            ) from None
        except OSError as error:
            raise Unreachable(f"no connection to {endpoint.authority}: {error}") from error
        return connection
