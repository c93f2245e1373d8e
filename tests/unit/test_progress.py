"""Progress: bars on a terminal, JSON lines elsewhere, and always a last report at the end."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys

import pytest

from crossfade.cli.progress import Bar, Reading, Speed, showing, speed
from crossfade.errors import Unreachable
from support.cancellation import SwallowsCancel

PROGRAM = """
import asyncio
from crossfade.cli.progress import Bar, Reading, showing

async def read():
    return Reading([Bar("note", 3, 4, "3 of 4 notes")], {"notes": 3})

async def main():
    async with showing("reading", read):
        await asyncio.sleep(0)

asyncio.run(main())
"""


async def test_elsewhere_than_on_a_terminal_the_end_is_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def read() -> Reading:
        return Reading([Bar("note", 3, 4, "")], {"notes": 3})

    async with showing("reading", read):
        await asyncio.sleep(0)
    output = capsys.readouterr()
    assert output.out == ""
    assert json.loads(output.err) == {"event": "reading", "notes": 3}


async def test_figures_that_cannot_be_read_spoil_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def read() -> Reading:
        raise Unreachable("PostgreSQL is away")

    async with showing("reading", read):
        await asyncio.sleep(0)
    assert capsys.readouterr().err == ""


async def test_the_failure_of_the_job_is_what_is_raised() -> None:
    async def read() -> Reading:
        return Reading([], {})

    with pytest.raises(Unreachable, match="the job"):
        async with showing("reading", read):
            raise Unreachable("the job")


async def test_it_ends_though_a_cancellation_is_swallowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crossfade.cli.progress.LINE_SECONDS", 0.01)

    class Figures:
        async def read(self) -> Reading:
            return Reading([], {})

    figures = SwallowsCancel(Figures(), "read")

    async def job() -> None:
        async with showing("reading", figures.read):
            await figures.waits.wait()
            raise Unreachable("the job")

    async with asyncio.timeout(60):
        with pytest.raises(Unreachable, match="the job"):
            await job()


def test_on_a_terminal_there_are_bars() -> None:
    ours, theirs = pty.openpty()
    job = subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=theirs, env=os.environ)
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert job.wait() == 0
    assert b"3 of 4 notes" in shown
    assert b'"event"' not in shown


def _read(terminal: int) -> bytes:
    """Read what a program shows; nothing once it has ended."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_speed_has_rate_and_time_left() -> None:
    assert speed(20, 40, 10.0) == Speed(2.0, 20.0)
    assert str(speed(20, 40, 10.0)) == "2/s, 20 s left"
    assert speed(0, 40, 10.0) == Speed(0.0, None)
    assert speed(0, 0, 0.0) == Speed(0.0, None)
    assert str(speed(0, 40, 10.0)) == "0/s"
