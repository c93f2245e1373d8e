"""DynamoDB Local: proprietary, for holders of an AWS account; only on request.

Nothing here installs it. Users who accept its licence install it once and set a variable:
``npm install --prefix tests/node --no-save amplify-dynamodb-simulator`` and
``ACCEPT_DYNAMODB_LOCAL_LICENSE=1``.
"""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

from crossfade.local import Account, status_of

_EMULATOR = (
    Path(__file__).parents[2] / "node" / "node_modules" / "amplify-dynamodb-simulator" / "emulator"
)


@dataclass(frozen=True, slots=True)
class DynamoDBLocalProgram:
    """DynamoDB Local in memory."""

    name: ClassVar[str] = "dynamodb-local"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    account: ClassVar[Account | None] = None

    async def prepare(self, folder: Path) -> None:
        """Prepare nothing."""

    def arguments(self, folder: Path, port: int) -> tuple[str, ...]:
        """Return java with the licence holder's copy."""
        java = shutil.which("java") or "java"
        libraries = f"-Djava.library.path={_EMULATOR / 'DynamoDBLocal_lib'}"
        jar = str(_EMULATOR / "DynamoDBLocal.jar")
        del folder
        return (java, libraries, "-jar", jar, "-inMemory", "-sharedDb", "-port", str(port))

    def environment(self, folder: Path, port: int) -> dict[str, str]:
        """Return a path and a home, with telemetry switched off."""
        del port
        return {"PATH": os.defpath, "HOME": str(folder), "DDB_LOCAL_TELEMETRY": "0"}

    async def answers(self, folder: Path, port: int) -> bool:
        """Return whether it lists its tables."""
        del folder
        return await status_of(port, "ListTables") == HTTPStatus.OK


def missing_for_dynamodb_local() -> str | None:
    """Return why DynamoDB Local cannot be used here; None when it can."""
    if os.environ.get("ACCEPT_DYNAMODB_LOCAL_LICENSE") != "1":
        return "DynamoDB Local is proprietary; ACCEPT_DYNAMODB_LOCAL_LICENSE=1 opts in"
    if not (_EMULATOR / "DynamoDBLocal.jar").exists():
        return "DynamoDB Local is not installed: npm package amplify-dynamodb-simulator"
    if shutil.which("java") is None:
        return "DynamoDB Local needs java"
    return None
