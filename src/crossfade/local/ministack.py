"""DynamoDB and S3 in one process: ministack (MIT licence)."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

from crossfade.local.http import status_of
from crossfade.local.program import HOST, Account

REGION = "us-east-1"
ACCESS_KEY = "local"
SECRET_KEY = "local-secret"  # noqa: S105 - ministack checks no signature; any value works


@dataclass(frozen=True, slots=True)
class MinistackProgram:
    """DynamoDB and S3 on one port.

    Attributes:
        keep: whether tables and objects outlive the process. Objects are written at once, tables
            only on an orderly stop (SIGTERM): ``kill -9`` loses them.
    """

    name: ClassVar[str] = "ministack"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    account: ClassVar[Account | None] = None
    keep: bool = True

    async def prepare(self, folder: Path) -> None:
        """Create the folders for tables, objects and temporary files."""
        for name in ("state", "s3", "tmp"):
            (folder / name).mkdir(exist_ok=True)

    def arguments(self, folder: Path, port: int) -> tuple[str, ...]:
        """Return the command line: the module, run by this process's interpreter."""
        del folder, port
        return (sys.executable, "-I", "-m", "ministack")

    def environment(self, folder: Path, port: int) -> dict[str, str]:
        """Return an environment for two services on loopback only: no SFTP, MQTT or Docker."""
        kept = "1" if self.keep else "0"
        return {
            "PATH": os.defpath,
            "HOME": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "SERVICES": "dynamodb,s3",
            "MINISTACK_REGION": REGION,
            "LOG_LEVEL": "ERROR",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": f"unix://{folder / 'tmp' / 'no-docker.sock'}",
            "PERSIST_STATE": kept,
            "STATE_DIR": str(folder / "state"),
            "S3_PERSIST": kept,
            "S3_DATA_DIR": str(folder / "s3"),
        }

    async def answers(self, folder: Path, port: int) -> bool:
        """Return whether DynamoDB lists its tables and S3 its buckets."""
        del folder
        return (
            await status_of(port, "ListTables") == HTTPStatus.OK
            and await status_of(port) == HTTPStatus.OK
        )
