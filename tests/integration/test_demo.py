"""`crossfade demo` of the wheels does the main job on embedded engines and leaves nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import psutil


def test_the_demonstration_ends_equal_and_cleans_up(installed_wheels: Path, tmp_path: Path) -> None:
    before = engine_processes()
    ended = subprocess.run(
        [installed_wheels / "crossfade", "demo", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert result["equal"] is True
    assert result["requests"]["stores_down"]["answered"] == 60
    assert result["requests"]["stores_down"]["dirty_keys"] > 0
    counts = {entity["entity"]: entity for entity in result["entities"]}
    assert all(entity["rows"] == entity["equal"] for entity in counts.values())
    assert all(entity["rows"] > 0 for entity in counts.values())
    assert counts["session"]["objects"] > counts["session"]["rows"]
    assert engine_processes() == before


def engine_processes() -> set[int]:
    """Return the processes of engines with the data of a demonstration."""
    return {
        process.pid
        for process in psutil.process_iter()
        if "crossfade-demo-" in " ".join(_command(process))
    }


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
