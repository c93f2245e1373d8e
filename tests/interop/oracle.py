"""ElectroDB in a node process, as the oracle of differential tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.engines.values import DynamoEngine

SCRIPT = Path(__file__).with_name("oracle.js")


def _connection(engine: DynamoEngine | None) -> dict[str, str]:
    if engine is None:
        return {}
    return {
        "ORACLE_ENDPOINT": engine.endpoint,
        "ORACLE_REGION": engine.region,
        "ORACLE_ACCESS_KEY": engine.access_key,
        "ORACLE_SECRET_KEY": engine.secret_key,
    }


class Oracle:
    """A node process that answers questions in the form of the golden vectors.

    Args:
        engine: the DynamoDB on which it executes calls; None if it only builds parameters.
    """

    def __init__(self, engine: DynamoEngine | None = None) -> None:
        node = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        self._process = subprocess.Popen(
            [node or "node", str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_connection(engine)},
            text=True,
            encoding="utf-8",
        )

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return ElectroDB's answer: `params`, `result`, `value`, `ok` or `error`."""
        return self.ask_all([question])[0]

    def ask_all(self, questions: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the answers to several questions, in order."""
        assert self._process.stdin
        assert self._process.stdout
        answers = []
        for question in questions:
            self._process.stdin.write(f"{json.dumps(question)}\n")
            self._process.stdin.flush()
            answers.append(json.loads(self._process.stdout.readline()))
        return answers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=30)
        if self._process.stdout:
            self._process.stdout.close()
