"""Plays the story on the stage and shows it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import orjson
import uvloop
from rich.console import Console

from campaigns.demo import show, story
from campaigns.demo.stage import Stage, open_stage
from campaigns.demo.story import Burst
from campaigns.errors import Invalid
from campaigns.mapping import APPLICATION
from campaigns.sample import PACKAGED, Loaded, Mission, load, read_missions
from crossfade.errors import ConfigurationError
from crossfade.testing.audit import Audit, audit


@dataclass(frozen=True, slots=True)
class Result:
    """What the demonstration found."""

    audit: Audit
    bursts: dict[str, Burst]
    seconds: float


def run(*, data: Path | None, keep: bool, as_json: bool) -> int:
    """Play the demonstration; 0 only if both stores are equal in the end.

    Args:
        data: a folder of recorded sessions; the packaged sample unless given.
        keep: leave the engines running.
        as_json: print the result as JSON and nothing else.

    Raises:
        ConfigurationError: a file of the folder is malformed.
        Unavailable: an engine does not start.
    """
    try:
        missions = read_missions(data or PACKAGED)
    except Invalid as error:
        raise ConfigurationError(f"--data: {error}") from None
    console = Console(quiet=as_json)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(_play(missions, console, keep=keep))
    if as_json:
        print(orjson.dumps(_plain(result), option=orjson.OPT_INDENT_2).decode())  # noqa: T201
    return 0 if result.audit.is_clean else 1


async def _play(missions: tuple[Mission, ...], console: Console, *, keep: bool) -> Result:
    started = perf_counter()
    show.heading(console, 1, "Start PostgreSQL, DynamoDB and S3; install the capture")
    async with open_stage(keep=keep) as stage:
        _tell_engines(console, stage)
        await _load(console, stage, missions)
        show.heading(console, 3, "Work: rename, move, delete")
        for line in await story.work(stage):
            show.point(console, line)
        bursts = {"stores up": await _calm(console, stage)}
        bursts["bad network"] = await _storm(console, stage)
        bursts["stores down"] = await _outage(console, stage)
        show.requests(console, bursts)
        await _return(console, stage)
        found = await _audit(console, stage)
        if keep:
            show.look_around(console, stage)
    result = Result(found, bursts, perf_counter() - started)
    verdict = "[green]100 % equal" if found.is_clean else "[red]not equal"
    console.print(f"\n[bold]{verdict}[/] after {result.seconds:.0f} s")
    return result


def _tell_engines(console: Console, stage: Stage) -> None:
    ports = {name: server.port for name, server in stage.engines.servers.items()}
    show.point(console, f"PostgreSQL 18 on 127.0.0.1:{ports['postgres']}")
    show.point(console, f"DynamoDB and S3 on 127.0.0.1:{ports['aws']}")
    tables = ", ".join(mapping.table for mapping in APPLICATION.mappings)
    show.point(console, f"every write to {tables} is captured")


async def _load(console: Console, stage: Stage, missions: tuple[Mission, ...]) -> None:
    show.heading(console, 2, "Load recorded sessions through the application")
    total = sum(len(mission.sessions) for mission in missions)
    sizes: list[int] = []
    with show.bar(console, "sessions", total) as (progress, task):

        def loaded(step: Loaded) -> None:
            sizes.append(step.transcript_bytes)
            progress.advance(task)

        campaigns = await load(stage.app, stage.user_id, missions, loaded)
    names = ", ".join(f"“{campaign.name}”" for campaign in campaigns)
    show.point(console, f"{names}; the longest transcript has {max(sizes) // 1000} KB")


async def _calm(console: Console, stage: Stage) -> Burst:
    with show.bar(console, "writes", story.WRITES) as (progress, task):
        burst = await story.write(stage, partial(progress.advance, task))
    await story.settle(stage)
    return burst


async def _storm(console: Console, stage: Stage) -> Burst:
    show.heading(console, 4, "Write over a bad network")
    with show.bar(console, "writes", story.WRITES) as (progress, task):
        burst, faults = await story.storm(stage, partial(progress.advance, task))
    told = ", ".join(f"{count} {name}" for name, count in faults.items())
    show.point(console, f"{told}; every request succeeded, everything arrived")
    return burst


async def _outage(console: Console, stage: Stage) -> Burst:
    show.heading(console, 5, "Stop DynamoDB and S3; writes go on")
    logged = len(stage.log_lines("push_failed"))
    await stage.engines.aws.stop()
    with show.bar(console, "writes", story.WRITES) as (progress, task):
        burst = await story.write(stage, partial(progress.advance, task))
    show.log_lines(console, stage.log_lines("push_failed")[logged:])
    show.log_lines(console, stage.log_lines("breaker_opened")[-1:])
    return burst


async def _return(console: Console, stage: Stage) -> None:
    show.heading(console, 6, "Start them again; the relay drains")
    await stage.engines.aws.start()
    total = await stage.dirty()
    with show.bar(console, "keys", total) as (progress, task):
        seconds = await story.settle(
            stage, lambda dirty: progress.update(task, completed=total - dirty)
        )
    show.point(console, f"nothing is on its way any more after {seconds:.1f} s")


async def _audit(console: Console, stage: Stage) -> Audit:
    show.heading(console, 7, "Compare, with code that shares nothing with the writer")
    found = await asyncio.to_thread(audit, stage.stores, APPLICATION.mappings)
    show.audit_table(console, found)
    return found


def _plain(result: Result) -> dict[str, object]:
    return {
        "equal": result.audit.is_clean,
        "entities": [asdict(entity) for entity in result.audit.entities],
        "findings": [asdict(finding) for finding in result.audit.findings],
        "requests": {
            name.replace(" ", "_"): {
                "answered": len(burst.took_ms),
                "p50_ms": burst.percentile(0.5),
                "p99_ms": burst.percentile(0.99),
                "dirty_keys": burst.dirty,
            }
            for name, burst in result.bursts.items()
        },
        "seconds": result.seconds,
    }
