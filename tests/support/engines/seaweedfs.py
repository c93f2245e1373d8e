"""SeaweedFS (Apache-2.0): an S3 that enforces signatures."""

from __future__ import annotations

import json
import os
import signal
import sysconfig
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

from crossfade.local import ACCESS_KEY, HOST, SECRET_KEY, Account, free_port, status_of

_INNER_PORTS = (
    "admin.port",
    "admin.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "master.port",
    "master.port.grpc",
    "s3.port.grpc",
    "volume.port",
    "volume.port.grpc",
)

_VOLUMES_MAX = 100_000
"""By default as many as fit the disk when full; where none is left, writes to a new bucket
are answered with 500, and every bucket takes some for itself."""


@dataclass(frozen=True, slots=True)
class SeaweedProgram:
    """All of SeaweedFS's servers in one process."""

    name: ClassVar[str] = "seaweedfs"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    account: ClassVar[Account | None] = None

    async def prepare(self, folder: Path) -> None:
        """Write the one identity that may do anything."""
        (folder / "data").mkdir(exist_ok=True)
        identity = {
            "name": "admin",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))

    def arguments(self, folder: Path, port: int) -> tuple[str, ...]:
        """Return its command line with every port and socket: its own choices clash under xdist."""
        return (
            str(Path(sysconfig.get_path("scripts")) / "weed"),
            "-v=0",
            "mini",
            f"-dir={folder / 'data'}",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",
            f"-s3.port={port}",
            *(f"-{name}={free_port()}" for name in _INNER_PORTS),
            f"-s3.config={folder / 's3.json'}",
            f"-s3.localSocket={folder / 's3.sock'}",
            f"-filer.localSocket={folder / 'filer.sock'}",
            f"-volume.max={_VOLUMES_MAX}",
            "-s3.allowDeleteBucketNotEmpty=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-webdav=false",
            "-admin.ui=false",
            "-master.telemetry=false",
        )

    def environment(self, folder: Path, port: int) -> dict[str, str]:
        """Return a path and a home."""
        del port
        return {"PATH": os.defpath, "HOME": str(folder)}

    async def answers(self, folder: Path, port: int) -> bool:
        """Return whether it refuses an unsigned request, as it does once it knows its users."""
        del folder
        return await status_of(port) == HTTPStatus.FORBIDDEN
