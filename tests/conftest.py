"""Fixtures of all tests: real engines, and a database, table prefix and bucket per test."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from campaigns.database import migrate
from crossfade.local import ACCESS_KEY, SECRET_KEY
from crossfade.testing import HttpProxy, TcpProxy
from support.commands import engine_variables
from support.engines.clients import boto_client
from support.engines.databases import WHEEL, Cluster, installed_binaries
from support.engines.dynamodb_local import missing_for_dynamodb_local
from support.engines.product import (
    RunningProduct,
    create_table_with_index,
    open_product,
    settings_of,
)
from support.engines.shared import Engines, remove
from support.engines.values import Database, DynamoEngine, S3Engine
from support.site import TestedSite, open_site
from support.verification import VerifiedNotes, open_verified_notes
from support.wheels import Wheels, build_wheels, install_wheels

KEPT = Path(__file__).parents[1] / ".venv"
"""The folder of what is computed once and stays between runs."""

# Tables of characters, and of the constants in our code.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(KEPT / "hypothesis"))
# Tests start hundreds of processes; one that may not write bytecode compiles all that it imports.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(KEPT / "bytecode"))


settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
"""Laws hold on a busy machine too: no example has a deadline."""


def pytest_configure() -> None:
    """Let programs that tests start receive Ctrl-C, also in a shell's background job."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """Reset the logs after each test: a command directs them to its own stream."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """Return the engines of this test process; each starts when a test first asks for it."""
    engines = Engines()
    yield engines
    engines.close()


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    """Build the wheels of both distributions from the sources."""
    return build_wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def installed_wheels(wheels: Wheels, engines: Engines) -> Path:
    """Return the programs of an environment with both wheels, which any user may run."""
    return install_wheels(engines.new_folder(), wheels.library, wheels.application)


@pytest.fixture
def data_folder(engines: Engines) -> Iterator[Path]:
    """Return an empty folder for other engines, which any user may enter."""
    folder = engines.new_folder()
    yield folder
    remove(folder)


@pytest.fixture(scope="session")
def cluster(engines: Engines) -> Cluster:
    """Return PostgreSQL 18 of the wheel, for tests that create databases themselves."""
    return engines.cluster(WHEEL)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """Return a fresh database on PostgreSQL 18."""
    database = cluster.create()
    yield database
    cluster.drop(database)


@pytest.fixture(params=["wheel", "machine"])
def every_database(request: pytest.FixtureRequest, engines: Engines) -> Iterator[Database]:
    """Return a fresh database on PostgreSQL 18, then on the machine's version, if any."""
    binaries = WHEEL if request.param == "wheel" else installed_binaries()
    if binaries is None:
        pytest.skip("this machine has no PostgreSQL of its own")
    cluster = engines.cluster(binaries)
    database = cluster.create()
    yield database
    cluster.drop(database)


@pytest.fixture(
    params=[
        "ministack",
        "dynalite",
        *([] if missing_for_dynamodb_local() else ["dynamodb-local"]),
    ]
)
def dynamo(request: pytest.FixtureRequest, engines: Engines) -> DynamoEngine:
    """Return DynamoDB by each local implementation in turn; DynamoDB Local only on request."""
    return engines.dynamo(request.param)


@pytest.fixture
def ministack(engines: Engines) -> DynamoEngine:
    """Return DynamoDB by ministack only."""
    return engines.dynamo("ministack")


@pytest.fixture(params=["seaweedfs", "ministack"])
def s3(request: pytest.FixtureRequest, engines: Engines) -> S3Engine:
    """Return S3 by each local implementation in turn, with a new bucket."""
    return engines.bucket(request.param)


@pytest.fixture
def name_prefix() -> str:
    """Return a unique prefix for the names of this test's tables."""
    return f"test-{uuid.uuid4().hex[:12]}-"


@pytest.fixture
def tcp_proxy() -> type[TcpProxy]:
    """Return the fault proxy before any server: a context manager of a host and a port."""
    return TcpProxy


@pytest.fixture
def http_proxy() -> type[HttpProxy]:
    """Return the fault proxy before DynamoDB or S3: a context manager of an endpoint."""
    return HttpProxy


def _migrate(database: Database) -> None:
    asyncio.run(migrate(database.dsn))


@pytest.fixture
def migrated(cluster: Cluster) -> Iterator[Database]:
    """Return a fresh database with the application's tables."""
    database = cluster.create_filled("campaigns", _migrate)
    yield database
    cluster.drop(database)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the engines' credentials where the standard chain finds them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)


@pytest.fixture
def environment(
    migrated: Database,
    ministack: DynamoEngine,
    bucket: S3Engine,
    credentials: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Database:
    """Return the application's database; commands find it, and a table named as the bucket."""
    del credentials
    create_table_with_index(boto_client(ministack), bucket.bucket)
    settings = settings_of(migrated, ministack, bucket)
    for name, value in engine_variables(settings, CROSSFADE_RELAY_GRACE_SECONDS="0").items():
        monkeypatch.setenv(name, value)
    return migrated


@pytest.fixture
def bucket(engines: Engines) -> S3Engine:
    """Return a new bucket on ministack only."""
    return engines.bucket("ministack")


@pytest.fixture
async def product(
    request: pytest.FixtureRequest,
    migrated: Database,
    ministack: DynamoEngine,
    bucket: S3Engine,
    credentials: None,
) -> AsyncIterator[RunningProduct]:
    """Return the whole product, installed and running on ministack, everything behind proxies.

    A test may give it settings: ``parametrize("product", [HASTY], indirect=True)``.
    """
    del credentials
    async with open_product(
        migrated, ministack, bucket, **getattr(request, "param", {})
    ) as product:
        yield product


@pytest.fixture
async def verified_notes(
    database: Database, ministack: DynamoEngine, bucket: S3Engine, credentials: None
) -> AsyncIterator[VerifiedNotes]:
    """Return a table of notes, delivered and verified on ministack."""
    del credentials
    async with open_verified_notes(database, ministack, bucket) as verified_notes:
        yield verified_notes


@pytest.fixture
async def site(migrated: Database) -> AsyncIterator[TestedSite]:
    """Return the campaign application's pages on a fresh database; see `support.site`."""
    async with open_site(migrated) as site:
        yield site
