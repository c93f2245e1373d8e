"""DynamoDB clients with a null server: CPU of this process per operation."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

import trustme

from bench import dynamo_peers as peers
from bench.core import Options, Row, Variant, interleaved
from bench.dynamo_null import null_server
from crossfade.dynamo import Client, Config
from crossfade.dynamo.http.transport import Endpoint, HttpTransport

NAME = "dynamo"
IN_FLIGHT = 32
OPERATIONS = {"PutItem": 3000, "GetItem": 3000, "Query": 1000, "BatchWriteItem": 1000}
TLS_OPERATIONS = 1000
MISSING = Row("", "dynamoxy", note="not available: needs Python 3.12")


async def run(options: Options) -> list[Row]:
    """Measure each operation with many calls in flight, then single puts over TLS."""
    rows: list[Row] = []
    async with null_server() as port:
        for operation, operations in OPERATIONS.items():
            rows += await _plain(port, operation, options, options.operations(operations))
    with tempfile.TemporaryDirectory() as folder:
        rows += await _tls(Path(folder), options)
    return rows


async def _plain(port: int, operation: str, options: Options, operations: int) -> list[Row]:
    endpoint = f"http://127.0.0.1:{port}"
    transport = HttpTransport(_config(endpoint), Endpoint.of(endpoint))
    prepared = peers.prepared(transport, f"127.0.0.1:{port}", operation)
    async with Client(_config(endpoint)) as client, peers.aiobotocore_client(endpoint) as aio:
        variants: dict[str, Variant] = {
            "raw protocol, signed beforehand": await peers.minimal(port, operation, IN_FLIGHT),
            "our connections, signed beforehand": peers.in_flight(prepared, IN_FLIGHT),
            "crossfade": peers.in_flight(peers.ours(client, operation), IN_FLIGHT),
            "pydynox": peers.in_flight(peers.pydynox(endpoint, operation), IN_FLIGHT),
            "aiobotocore": peers.in_flight(peers.aio(aio, operation), IN_FLIGHT),
            "boto3, threads": peers.boto(endpoint, operation, IN_FLIGHT),
        }
        group = f"DynamoDB {operation}, {IN_FLIGHT} in flight"
        rows = await _measured(group, variants, options, operations)
    await transport.close()
    return rows


async def _tls(folder: Path, options: Options) -> list[Row]:
    authority = trustme.CA()
    certificate, ca_file = folder / "server.pem", folder / "ca.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.create_default_context(cafile=ca_file)
    async with null_server(str(certificate)) as port:
        endpoint = f"https://127.0.0.1:{port}"
        async with (
            Client(_config(endpoint, str(ca_file))) as client,
            peers.aiobotocore_client(endpoint, str(ca_file)) as aio,
        ):
            variants: dict[str, Variant] = {
                "raw protocol, signed beforehand": await peers.minimal(port, "PutItem", 1, context),
                "crossfade": peers.in_flight(peers.ours(client, "PutItem"), 1),
                "aiobotocore": peers.in_flight(peers.aio(aio, "PutItem"), 1),
                "boto3": peers.boto(endpoint, "PutItem", 1, str(ca_file)),
            }
            group = "DynamoDB PutItem over TLS, one in flight"
            operations = options.operations(TLS_OPERATIONS)
            return await _measured(group, variants, options, operations)


async def _measured(
    group: str, variants: dict[str, Variant], options: Options, operations: int
) -> list[Row]:
    costs = await interleaved(variants, options, operations)
    ours = costs["crossfade"].cpu_us
    rows = [
        Row(
            group,
            name,
            {
                "cpu µs/op": cost.cpu_us,
                "wall µs/op": cost.wall_us,
                "cpu ÷ ours": cost.cpu_us / ours,
            },
        )
        for name, cost in costs.items()
    ]
    return [*rows, Row(group, MISSING.variant, note=MISSING.note)]


def _config(endpoint: str, ca_file: str | None = None) -> Config:
    return Config(
        region=peers.REGION,
        endpoint=endpoint,
        access_key=peers.KEYS.access_key_id,
        secret_key=peers.KEYS.secret_access_key,
        ca_file=ca_file,
    )
