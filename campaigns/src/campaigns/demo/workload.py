"""The writes of the demonstration, under different conditions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter

from campaigns.actions import (
    add_member,
    create_campaign,
    create_session,
    create_token,
    create_user,
    delete_campaign,
    get_session,
    list_sessions,
    save_transcript,
    update_session,
)
from campaigns.demo.environment import DemoEnvironment
from campaigns.inputs import (
    NewApiToken,
    NewCampaign,
    NewMember,
    NewSession,
    NewUser,
    SessionChanges,
    TranscriptChanges,
)
from campaigns.records import Session
from crossfade.testing import HttpFault, LoseAnswer, Rule, ServerError, Throttle

WRITES = 60
PACE_SECONDS = 0.03
TRANSCRIPT_EVERY = 6
DRAIN_SECONDS_MAX = 60.0
POLL_SECONDS = 0.05

Tick = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Burst:
    """The measurements of a series of writes.

    Attributes:
        took_ms: latency of each request in ms, sorted.
        dirty: number of keys that were not delivered after the last request.
    """

    took_ms: tuple[float, ...]
    dirty: int

    def percentile(self, share: float) -> float:
        """Return a percentile of the latencies in ms; `share` is from 0 to 1."""
        return self.took_ms[min(len(self.took_ms) - 1, int(share * len(self.took_ms)))]


async def edit_content(environment: DemoEnvironment) -> list[str]:
    """Rename, move, create and delete records; return a line of text per change."""
    sessions = (await list_sessions(environment.app, environment.user_id)).items
    renamed, moved = sessions[0], sessions[-1]
    aside = await create_campaign(
        environment.app, environment.user_id, NewCampaign(name="Side stories")
    )
    await wait_until_delivered(environment)
    objects = environment.object_keys()
    await change(environment, renamed, name=f"{renamed.name}, revised")
    await wait_until_delivered(environment)
    again = "not stored again" if environment.object_keys() == objects else "stored again"
    await change(environment, moved, campaign_id=aside.id, number=None)
    doomed = await create_campaign(
        environment.app, environment.user_id, NewCampaign(name="One evening")
    )
    orphan = await create_session(
        environment.app, environment.user_id, NewSession(name="The only one", campaign_id=doomed.id)
    )
    await delete_campaign(environment.app, environment.user_id, doomed.id)
    guest = await create_user(environment.app, NewUser(email="tomas@example.org", name="Tomas"))
    await add_member(environment.app, environment.user_id, aside.id, NewMember(user_id=guest.id))
    await create_token(environment.app, environment.user_id, NewApiToken(name="the recorder"))
    await wait_until_delivered(environment)
    return [
        f"renamed “{renamed.name}”: its transcript was {again}",
        f"moved “{moved.name}” to “{aside.name}”: a new key, and a tombstone under the old one",
        f"deleted “{doomed.name}”: “{orphan.name}” stays, without a campaign",
        f"{guest.name} joined “{aside.name}”",
        "created an API token: the item has only its digest, like the row",
    ]


async def write_with_faults(
    environment: DemoEnvironment, tick: Tick
) -> tuple[Burst, dict[str, int]]:
    """Write while the network throttles, fails and loses responses; return the faults by name."""
    faults: dict[str, HttpFault] = {
        "throttled": Throttle(),
        "failed": ServerError(),
        "answers lost": LoseAnswer(cut=True),
    }
    environment.network.add(
        *(Rule(fault, operation="PutItem", times=8) for fault in faults.values())
    )
    burst = await write(environment, tick)
    await wait_until_delivered(environment)
    environment.network.clear()
    record = environment.network.record
    return burst, {name: record.arrived("PutItem", type(fault)) for name, fault in faults.items()}


async def write(environment: DemoEnvironment, tick: Tick) -> Burst:
    """Edit sessions in turn, some with a new transcript, and measure every request.

    It pauses for `PACE_SECONDS` after each request.
    """
    took_ms = []
    sessions = (await list_sessions(environment.app, environment.user_id)).items
    for number, session in zip(range(WRITES), cycle(sessions), strict=False):
        current = await get_session(environment.app, environment.user_id, session.id)
        started = perf_counter()
        if number % TRANSCRIPT_EVERY:
            await change(environment, current, notes=f"Note {number} of the table.")
        else:
            await save_text(
                environment, current, f"[GM] Take {number}. " + "The tide does not turn. " * 500
            )
        took_ms.append((perf_counter() - started) * 1000)
        tick()
        await asyncio.sleep(PACE_SECONDS)
    return Burst(tuple(sorted(took_ms)), await environment.dirty())


async def wait_until_delivered(
    environment: DemoEnvironment, on_progress: Callable[[int], None] = lambda _: None
) -> float:
    """Wait until no key is dirty; return the seconds that it took.

    Raises:
        TimeoutError: keys are still dirty after `DRAIN_SECONDS_MAX`.
    """
    started = perf_counter()
    async with asyncio.timeout(DRAIN_SECONDS_MAX):
        while dirty := await environment.dirty():
            on_progress(dirty)
            await asyncio.sleep(POLL_SECONDS)
    on_progress(0)
    return perf_counter() - started


async def change(environment: DemoEnvironment, session: Session, **given: object) -> None:
    """Change fields of a session."""
    changes = SessionChanges.model_validate({"expected_revision": session.revision, **given})
    await update_session(environment.app, environment.user_id, session.id, changes)


async def save_text(environment: DemoEnvironment, session: Session, text: str) -> None:
    """Replace the transcript of a session."""
    changes = TranscriptChanges(expected_revision=session.revision, text=text)
    await save_transcript(environment.app, environment.user_id, session.id, changes)
