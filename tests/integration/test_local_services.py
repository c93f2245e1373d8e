"""The embedded engines: restarts, crashes, ports, folders, and how they end with their process."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg
import pytest

from crossfade.errors import ConfigurationError, Unreachable
from crossfade.local import (
    HOST,
    LocalServices,
    MinistackProgram,
    PostgresProgram,
    Server,
    Start,
    State,
    down,
    free_port,
    local_services,
    status,
    up,
    wheel_binaries,
)
from support.engines.clients import create_table

SECONDS_MAX = 30.0


def clients(services: LocalServices) -> tuple[Any, Any]:
    """Return AWS's clients for DynamoDB and S3, configured only by what `environment` says."""
    given = services.environment
    dynamo, s3 = (
        boto3.client(
            service,
            endpoint_url=given[f"AWS_ENDPOINT_URL_{service.upper()}"],
            region_name=given["AWS_REGION"],
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        )
        for service in ("dynamodb", "s3")
    )
    return dynamo, s3


def write(services: LocalServices) -> None:
    """One row, one item, one object."""
    with psycopg.connect(services.environment["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'row' AS what")
    dynamo, s3 = clients(services)
    create_table(dynamo, "kept")
    dynamo.put_item(TableName="kept", Item={"pk": {"S": "item"}, "sk": {"S": "0"}})
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="object", Body=b"object")
    dynamo.close()
    s3.close()


def row(services: LocalServices) -> object:
    with psycopg.connect(services.environment["DATABASE_URL"]) as connection:
        return connection.execute("SELECT what FROM kept").fetchall()


def items(services: LocalServices) -> list[str]:
    dynamo, s3 = clients(services)
    found = [item["pk"]["S"] for item in dynamo.scan(TableName="kept")["Items"]]
    dynamo.close()
    s3.close()
    return found


def content(services: LocalServices) -> bytes:
    dynamo, s3 = clients(services)
    found = s3.get_object(Bucket="kept", Key="object")["Body"].read()
    dynamo.close()
    s3.close()
    assert isinstance(found, bytes)
    return found


def family(pid: int | None) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


async def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.02)


def has_ended(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def test_everything_is_kept_from_one_run_to_the_next(data_folder: Path) -> None:
    async with local_services(data_folder) as services:
        assert set(services.started.values()) == {Start.STARTED}
        write(services)
        environment = services.environment
    async with local_services(data_folder) as services:
        assert services.environment == environment
        assert (row(services), items(services), content(services)) == (
            [("row",)],
            ["item"],
            b"object",
        )


async def test_dynamodb_and_s3_stop_and_start_while_postgres_runs(data_folder: Path) -> None:
    async with local_services(data_folder) as services:
        write(services)
        endpoint = services.endpoint
        await services.aws.stop()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, services.aws.port)
        assert row(services) == [("row",)]
        await services.aws.start()
        assert services.endpoint == endpoint
        assert (items(services), content(services)) == (["item"], b"object")


async def test_no_process_is_left(data_folder: Path) -> None:
    async with local_services(data_folder) as services:
        processes = [*family(services.postgres.pid), *family(services.aws.pid)]
    assert len(processes) > 2
    assert [one for one in processes if not has_ended(one.pid)] == []
    assert {engine.state for engine in status(data_folder)} == {State.STOPPED}


async def test_every_listening_socket_is_on_loopback(data_folder: Path) -> None:
    async with local_services(data_folder) as services:
        processes = [*family(services.postgres.pid), *family(services.aws.pid)]
        listening = {
            (connection.laddr.ip, connection.laddr.port)
            for process in processes
            for connection in process.net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {(HOST, services.postgres.port), (HOST, services.aws.port)}


async def test_two_folders_run_side_by_side(data_folder: Path) -> None:
    async with local_services(data_folder / "a") as one, local_services(data_folder / "b") as other:
        write(one)
        write(other)
        assert one.environment != other.environment
        assert items(one) == items(other) == ["item"]


async def test_postgres_recovers_from_kill_9_under_a_busy_worker(data_folder: Path) -> None:
    """The worker does not notice that its server is gone, and would block the next start."""
    async with local_services(data_folder) as services:
        write(services)
        busy = await psycopg.AsyncConnection.connect(services.dsn)
        pid = busy.info.backend_pid
        work = asyncio.create_task(busy.execute("SELECT count(*) FROM generate_series(1, 1e11)"))
        await wait_until(lambda: psutil.Process(pid).cpu_times().user > 0.05)
        os.kill(services.postgres.pid or 0, signal.SIGKILL)
        await wait_until(lambda: services.postgres.state is State.CRASHED)
        assert not has_ended(pid)
        assert await services.postgres.start() is Start.RECOVERED
        assert has_ended(pid)
        assert row(services) == [("row",)]
        with pytest.raises(psycopg.OperationalError):
            await work
        await busy.close()


async def test_postgres_starts_when_its_old_number_belongs_to_another(data_folder: Path) -> None:
    async with local_services(data_folder) as services:
        write(services)
        account = services.postgres.program.account
        stranger = await asyncio.to_thread(
            psutil.Popen, ["sleep", "600"], user=None if account is None else account.uid
        )
        try:
            await services.postgres.kill()
            lock = services.postgres.folder / "data" / "postmaster.pid"
            lines = lock.read_text().split("\n")
            lock.write_text("\n".join([str(stranger.pid), *lines[1:]]))
            await services.postgres.start()
            assert row(services) == [("row",)]
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


async def test_a_folder_is_used_by_one_at_a_time(data_folder: Path) -> None:
    await up(data_folder)
    try:
        with pytest.raises(ConfigurationError, match="crossfade local down"):
            async with local_services(data_folder):
                pass
        assert {engine.state for engine in status(data_folder)} == {State.RUNNING}
    finally:
        await down(data_folder)


async def test_two_that_go_up_at_once_share_one_set_of_engines(data_folder: Path) -> None:
    first, second = await asyncio.gather(up(data_folder), up(data_folder))
    try:
        assert first.environment == second.environment
        assert first.engines == second.engines
        done = [*first.started.values(), *second.started.values()]
        assert sorted(done) == [Start.RAN_ALREADY] * 2 + [Start.STARTED] * 2
    finally:
        await down(data_folder)


async def test_a_taken_port_is_changed_for_another(data_folder: Path) -> None:
    async with local_services(data_folder) as services:
        write(services)
        port = services.aws.port
    squatter = await asyncio.start_server(lambda _, writer: writer.close(), HOST, port)
    try:
        async with local_services(data_folder) as services:
            assert services.aws.port != port
            assert items(services) == ["item"]
    finally:
        squatter.close()
        await squatter.wait_closed()


async def test_a_port_that_was_asked_for_is_never_changed(data_folder: Path) -> None:
    port = free_port()
    squatter = await asyncio.start_server(lambda _, writer: writer.close(), HOST, port)
    server = Server(MinistackProgram(), data_folder / "aws", port=port)
    try:
        with pytest.raises(ConfigurationError, match=f"port {port} is taken"):
            await server.start()
    finally:
        squatter.close()
        await squatter.wait_closed()


async def test_a_server_that_ends_at_once_shows_what_it_printed(data_folder: Path) -> None:
    program = PostgresProgram("secret", settings={"no_such_setting": "1"})
    server = Server(program, data_folder / "postgres")
    with pytest.raises(Unreachable, match="no_such_setting") as caught:
        await server.start()
    assert "secret" not in str(caught.value)
    assert server.pid is None


async def test_another_password_is_named_with_its_remedy(data_folder: Path) -> None:
    server = Server(PostgresProgram("first"), data_folder / "postgres")
    await server.start()
    await server.stop()
    stranger = Server(PostgresProgram("second"), data_folder / "postgres")
    with pytest.raises(ConfigurationError, match=r"state\.json"):
        await stranger.start()
    assert stranger.pid is None


async def test_a_foreign_state_file_is_refused(data_folder: Path) -> None:
    (data_folder / "state.json").write_text("[]")
    with pytest.raises(ConfigurationError, match=r"state\.json"):
        await up(data_folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders closed to PostgreSQL's user")
async def test_a_folder_closed_to_the_servers_user_is_refused_with_a_remedy(
    data_folder: Path,
) -> None:
    closed = data_folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(
        ConfigurationError, match=r"may not enter .*closed; choose another data folder"
    ):
        await up(closed / "engines")
    assert {engine.state for engine in status(closed / "engines")} == {State.STOPPED}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
async def test_programs_closed_to_the_servers_user_are_copied(data_folder: Path) -> None:
    closed = data_folder / "closed"
    closed.mkdir(mode=0o700)
    package = wheel_binaries().parents[1]
    for original in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(original, closed / original.name)
    binaries = closed / wheel_binaries().relative_to(package.parent)
    program = PostgresProgram("secret", binaries)
    server = Server(program, data_folder / "postgres")
    await server.start()
    assert program.arguments(server.folder, server.port)[0].startswith(str(server.folder))
    await server.restart()
    await server.stop()
