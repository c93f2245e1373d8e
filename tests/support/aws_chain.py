"""A credential chain for one test, and a credential process for it."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest


def isolated_chain(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a configuration file; the chain finds only what the test writes into it."""
    for variable in tuple(os.environ):
        if variable.startswith("AWS_"):
            monkeypatch.delenv(variable)
    path = folder / "config"
    path.touch()
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return path


def credential_process(folder: Path, lifetime: timedelta) -> str:
    """Return a command that answers AK1, AK2, … with keys that expire after this time."""
    script, counter = folder / "process.py", folder / "count"
    answer = {
        "Version": 1,
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": (datetime.now(UTC) + lifetime).isoformat(),
    }
    script.write_text(
        f"import json, pathlib\npath = pathlib.Path({str(counter)!r})\n"
        "count = int(path.read_text()) + 1 if path.exists() else 1\npath.write_text(str(count))\n"
        f"print(json.dumps({answer!r} | {{'AccessKeyId': f'AK{{count}}'}}))\n"
    )
    return f"{json.dumps(sys.executable)} {script}"
