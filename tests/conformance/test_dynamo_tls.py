"""The client over TLS, to a real engine behind a terminating server with a certificate of ours."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from crossfade.dynamo import Client, Config
from crossfade.errors import Unreachable
from crossfade.testing.proxy.listener import close
from support.dynamo_tables import config_of, item, key, table_of
from support.engines.values import DynamoEngine


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both event loops."""
    return ("asyncio", {"use_uvloop": request.param})


class Terminator:
    """Takes TLS from clients and passes what they say on to an engine.

    Attributes:
        port: where it listens.
        names: the server names that clients asked for.
    """

    def __init__(self, endpoint: str, authority: trustme.CA) -> None:
        self.port = 0
        self._served: set[asyncio.Task[None]] = set()
        self.names: list[str] = []
        self._engine = urlsplit(endpoint)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.sni_callback = self._named
        authority.issue_cert("localhost").configure_cert(self._context)

    def _named(self, _socket: object, name: str | None, _context: ssl.SSLContext) -> None:
        self.names.append(name or "")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        yield
        server.close()
        for task in self._served:
            task.cancel()
        await asyncio.gather(*self._served, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._served.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_connection(
            self._engine.hostname, self._engine.port
        )
        pumps = [
            asyncio.create_task(_pump(reader, engine_writer)),
            asyncio.create_task(_pump(engine_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            await close(engine_writer)
            await close(writer)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        sink.write(data)
        await sink.drain()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def terminator(dynamo: DynamoEngine, authority: trustme.CA) -> AsyncIterator[Terminator]:
    terminator = Terminator(dynamo.endpoint, authority)
    async with terminator.open():
        yield terminator


@pytest.fixture
def config(
    dynamo: DynamoEngine, terminator: Terminator, authority: trustme.CA, tmp_path: Path
) -> Config:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    endpoint = f"https://localhost:{terminator.port}"
    return config_of(dynamo, endpoint=endpoint, ca_file=str(ca_file))


async def test_items_travel_over_tls_and_the_host_is_named(
    dynamo: DynamoEngine, terminator: Terminator, config: Config, name_prefix: str
) -> None:
    table = f"{name_prefix}tls"
    large = item(0, 1, body="x" * 300_000)
    async with table_of(dynamo, table), Client(config) as client:
        await client.call("PutItem", {"TableName": table, "Item": large})
        answer = await client.call("GetItem", {"TableName": table, "Key": key()})
    assert answer["Item"] == large
    assert terminator.names == ["localhost"]


@pytest.mark.usefixtures("authority")
async def test_a_certificate_of_an_unknown_authority_is_refused(
    dynamo: DynamoEngine, terminator: Terminator
) -> None:
    endpoint = f"https://localhost:{terminator.port}"
    async with Client(config_of(dynamo, endpoint=endpoint, attempts_max=1)) as client:
        with pytest.raises(Unreachable, match="certificate"):
            await client.call("ListTables", {})


async def test_a_certificate_for_another_name_is_refused(
    dynamo: DynamoEngine, terminator: Terminator, config: Config
) -> None:
    other = config_of(
        dynamo,
        endpoint=f"https://127.0.0.1:{terminator.port}",
        ca_file=config.ca_file,
        attempts_max=1,
    )
    async with Client(other) as client:
        with pytest.raises(Unreachable, match="certificate"):
            await client.call("ListTables", {})


async def test_a_server_that_speaks_no_tls_is_unreachable(dynamo: DynamoEngine) -> None:
    endpoint = dynamo.endpoint.replace("http:", "https:")
    async with Client(config_of(dynamo, endpoint=endpoint, attempts_max=1)) as client:
        with pytest.raises(Unreachable):
            await client.call("ListTables", {})
