"""Run the steps of the demonstration and print their results."""

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
from campaigns.demo import background, proof, show, workload
from campaigns.demo.environment import DemoEnvironment, open_engines, open_environment
from campaigns.demo.workload import Burst
from campaigns.errors import Invalid
from campaigns.inputs import NewUser
from campaigns.mapping import APPLICATION
from campaigns.passwords import Passwords
from campaigns.sample import PACKAGED, LoadProgress, Mission, load, read_missions
from crossfade import ConfigurationError
from crossfade.local import LocalServices
from crossfade.testing.audit import Audit, audit

EMAIL = "mira@example.org"
PASSWORD_BYTES = 9


@dataclass(frozen=True, slots=True)
class Result:
    """The result of the demonstration."""

    audit: Audit
    is_mended: bool
    report: Path
    bursts: dict[str, Burst]
    seconds: float

    @property
    def is_equal(self) -> bool:
        """Return whether both stores were equal, also after injected damage was repaired."""
        return self.audit.is_clean and self.is_mended


def run(*, data: Path | None, keep: bool, as_json: bool) -> int:
    """Run the demonstration and return its exit code: 0 if both stores are equal, else 1.

    Args:
        data: a folder of recorded sessions; the packaged sample unless given.
        keep: leave the engines running.
        as_json: print only the result, as JSON.

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
        user_id = await _load_sample(console, engines, missions, password)
        async with open_environment(engines, user_id) as environment:
            bursts = await _migrate(console, environment)
            found = await _audit(console, environment)
            mended = await _verify_and_repair(console, environment)
            report = await proof.report(environment)
            show.point(console, f"the report: {report}")
    if keep:
        show.print_access(
            console, await background.serve_in_background(engines.folder), EMAIL, password
        )
    result = Result(found, mended, report, bursts, perf_counter() - started)
    verdict = "[green]100 % equal" if result.is_equal else "[red]not equal"
    console.print(f"\n[bold]{verdict}[/] after {result.seconds:.0f} s")
    return result


async def _load_sample(
    console: Console, engines: LocalServices, missions: tuple[Mission, ...], password: str
) -> str:
    """Load the sample campaigns into PostgreSQL only; return the id of their owner."""
    show.heading(console, 1, "An application on PostgreSQL only")
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

            def loaded(step: LoadProgress) -> None:
                sizes.append(step.transcript_bytes)
                progress.advance(task)

            campaigns = await load(app, user.id, missions, loaded)
    names = ", ".join(f"“{campaign.name}”" for campaign in campaigns)
    show.point(console, f"{names}; the longest transcript has {max(sizes) // 1000} KB")
    return user.id


async def _migrate(console: Console, environment: DemoEnvironment) -> dict[str, Burst]:
    """Copy the rows, then write under different conditions while the relay delivers."""
    await _backfill(console, environment)
    show.heading(console, 3, "Rename, move and delete records")
    for line in await workload.edit_content(environment):
        show.point(console, line)
    bursts = {"stores up": await _write_normally(console, environment)}
    bursts["bad network"] = await _write_with_faults(console, environment)
    bursts["stores down"] = await _write_during_outage(console, environment)
    show.requests(console, bursts)
    await _drain_backlog(console, environment)
    return bursts


async def _backfill(console: Console, environment: DemoEnvironment) -> None:
    show.heading(console, 2, "Capture every write; copy the existing rows while writes continue")
    rows = await environment.rows()
    with show.bar(console, "rows", rows) as (progress, task):
        copied, _ = await asyncio.gather(
            proof.backfill(environment, lambda done: progress.update(task, completed=done)),
            workload.write(environment, lambda: None),
        )
    written, skipped = copied
    show.point(console, f"{written} rows copied, {skipped} left to the relay")


async def _write_normally(console: Console, environment: DemoEnvironment) -> Burst:
    with show.bar(console, "writes", workload.WRITES) as (progress, task):
        burst = await workload.write(environment, partial(progress.advance, task))
    await workload.wait_until_delivered(environment)
    return burst


async def _write_with_faults(console: Console, environment: DemoEnvironment) -> Burst:
    show.heading(console, 4, "Write over an unreliable network")
    with show.bar(console, "writes", workload.WRITES) as (progress, task):
        burst, faults = await workload.write_with_faults(
            environment, partial(progress.advance, task)
        )
    counts = ", ".join(f"{count} {name}" for name, count in faults.items())
    show.point(console, f"{counts}; every request succeeded, every write was delivered")
    return burst


async def _write_during_outage(console: Console, environment: DemoEnvironment) -> Burst:
    show.heading(console, 5, "Stop DynamoDB and S3; writes continue")
    logged = len(environment.log_lines("push_failed"))
    await environment.engines.aws.stop()
    with show.bar(console, "writes", workload.WRITES) as (progress, task):
        burst = await workload.write(environment, partial(progress.advance, task))
    show.log_lines(console, environment.log_lines("push_failed")[logged:])
    show.log_lines(console, environment.log_lines("breaker_opened")[-1:])
    return burst


async def _drain_backlog(console: Console, environment: DemoEnvironment) -> None:
    show.heading(console, 6, "Start them again; the relay delivers the backlog")
    await environment.engines.aws.start()
    total = await environment.dirty()
    with show.bar(console, "keys", total) as (progress, task):
        seconds = await workload.wait_until_delivered(
            environment, lambda dirty: progress.update(task, completed=total - dirty)
        )
    show.point(console, f"everything was delivered after {seconds:.1f} s")


async def _audit(console: Console, environment: DemoEnvironment) -> Audit:
    show.heading(console, 7, "Compare both stores with code that is independent of the writer")
    found = await asyncio.to_thread(audit, environment.stores, APPLICATION.mappings)
    show.audit_table(console, found)
    return found


async def _verify_and_repair(console: Console, environment: DemoEnvironment) -> bool:
    """Verify, damage, verify, repair, verify; return whether the passes found just the damage."""
    show.heading(console, 8, "Verify; then damage both stores, find the damage and repair it")
    clean = await proof.verify(environment)
    show.verified(console, "verified", clean)
    injected = await proof.damage(environment)
    show.point(console, f"damaged: {', '.join(one.corruption for one in injected)}")
    damaged = await proof.verify(environment)
    show.verified(console, "verified", damaged)
    closed = await proof.repair(environment)
    show.point(console, f"repaired: {closed} findings closed")
    mended = await proof.verify(environment)
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
