"""Plays the story on the stage and shows it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from time import perf_counter

import orjson
import uvloop
from rich.console import Console

from campaigns.actions import create_user
from campaigns.app import open_app
from campaigns.demo import kept, proof, show, story
from campaigns.demo.stage import Stage, open_engines, open_stage
from campaigns.demo.story import Burst
from campaigns.errors import Invalid
from campaigns.inputs import NewUser
from campaigns.mapping import APPLICATION
from campaigns.passwords import Passwords
from campaigns.sample import PACKAGED, Loaded, Mission, load, read_missions
from crossfade import ConfigurationError
from crossfade.local import LocalServices
from crossfade.testing.audit import Audit, audit

EMAIL = "mira@example.org"
PASSWORD_BYTES = 9


@dataclass(frozen=True, slots=True)
class Result:
    """What the demonstration found."""

    audit: Audit
    is_mended: bool
    report: Path
    bursts: dict[str, Burst]
    seconds: float

    @property
    def is_equal(self) -> bool:
        """Whether both stores were equal, and again after damage was found and repaired."""
        return self.audit.is_clean and self.is_mended


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
    return 0 if result.is_equal else 1


async def _play(missions: tuple[Mission, ...], console: Console, *, keep: bool) -> Result:
    started = perf_counter()
    password = token_urlsafe(PASSWORD_BYTES)
    async with open_engines(keep=keep) as engines:
        user_id = await _before(console, engines, missions, password)
        async with open_stage(engines, user_id) as stage:
            bursts = await _live(console, stage)
            found = await _audit(console, stage)
            mended = await _prove(console, stage)
            report = await proof.report(stage)
            show.point(console, f"the report: {report}")
    if keep:
        show.look_around(console, await kept.stay(engines.folder), EMAIL, password)
    result = Result(found, mended, report, bursts, perf_counter() - started)
    verdict = "[green]100 % equal" if result.is_equal else "[red]not equal"
    console.print(f"\n[bold]{verdict}[/] after {result.seconds:.0f} s")
    return result


async def _before(
    console: Console, engines: LocalServices, missions: tuple[Mission, ...], password: str
) -> str:
    """Let the application live on PostgreSQL alone for a while; returns its user."""
    show.heading(console, 1, "An application on PostgreSQL, before")
    ports = {name: server.port for name, server in engines.servers.items()}
    show.point(console, f"PostgreSQL 18 on 127.0.0.1:{ports['postgres']}")
    show.point(console, f"DynamoDB and S3 on 127.0.0.1:{ports['aws']}, empty")
    sizes: list[int] = []
    total = sum(len(mission.sessions) for mission in missions)
    async with open_app(engines.dsn) as app:
        password_hash = await Passwords().hash(password)
        new = NewUser(email=EMAIL, name="Mira", password_hash=password_hash)
        user = await create_user(app, new)
        with show.bar(console, "sessions", total) as (progress, task):

            def loaded(step: Loaded) -> None:
                sizes.append(step.transcript_bytes)
                progress.advance(task)

            campaigns = await load(app, user.id, missions, loaded)
    names = ", ".join(f"“{campaign.name}”" for campaign in campaigns)
    show.point(console, f"{names}; the longest transcript has {max(sizes) // 1000} KB")
    return user.id


async def _live(console: Console, stage: Stage) -> dict[str, Burst]:
    """Everything that happens while both stores are kept alike."""
    await _backfill(console, stage)
    show.heading(console, 3, "Work: rename, move, delete")
    for line in await story.work(stage):
        show.point(console, line)
    bursts = {"stores up": await _calm(console, stage)}
    bursts["bad network"] = await _storm(console, stage)
    bursts["stores down"] = await _outage(console, stage)
    show.requests(console, bursts)
    await _return(console, stage)
    return bursts


async def _backfill(console: Console, stage: Stage) -> None:
    show.heading(console, 2, "Capture every write; copy the rows of before while writes go on")
    rows = await stage.rows()
    with show.bar(console, "rows", rows) as (progress, task):
        copied, _ = await asyncio.gather(
            proof.backfill(stage, lambda done: progress.update(task, completed=done)),
            story.write(stage, lambda: None),
        )
    written, skipped = copied
    show.point(console, f"{written} rows copied, {skipped} were already on their way")


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


async def _prove(console: Console, stage: Stage) -> bool:
    """Verify, damage, verify, repair, verify; whether each pass saw what was there."""
    show.heading(console, 8, "Verify; then damage both stores on purpose, find it, mend it")
    clean = await proof.verify(stage)
    show.verified(console, "verified", clean)
    injected = await proof.damage(stage)
    show.point(console, f"damaged: {', '.join(one.corruption for one in injected)}")
    damaged = await proof.verify(stage)
    show.verified(console, "verified", damaged)
    closed = await proof.repair(stage)
    show.point(console, f"repaired: {closed} findings closed")
    mended = await proof.verify(stage)
    show.verified(console, "verified", mended)
    found = len(damaged.findings) >= len(injected)
    return found and not clean.findings and not mended.findings


def _plain(result: Result) -> dict[str, object]:
    return {
        "equal": result.is_equal,
        "entities": [asdict(entity) for entity in result.audit.entities],
        "findings": [asdict(finding) for finding in result.audit.findings],
        "damage_found_and_repaired": result.is_mended,
        "report": str(result.report),
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
