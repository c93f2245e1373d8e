"""The time to open a page of the site: a session, a long transcript, searches.

The site runs on a real PostgreSQL; the client uses ASGI, so that no socket is measured. CPU is that
of this process, which runs the site.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.core import Options, Row, percentile
from bench.services import engines, make_workspace
from campaigns.actions import create_campaign, create_session, create_user, save_upload
from campaigns.app import App, open_app
from campaigns.inputs import NewCampaign, NewSession, NewUser
from campaigns.passwords import Passwords
from campaigns.sample import RecordedSession, read_missions
from campaigns.transcript_inputs import TranscriptUpload
from campaigns.transcripts import Form, Turn, render_json
from campaigns.web import SiteOptions, create_site
from crossfade.web.security import TOKEN_FIELD

NAME = "site"
REQUESTS = 60
LONG_CHARACTERS = 500_000
TURNS_MAX = 12_000
RECORDED = Path("/work/shared/data/missions")
EMAIL, PASSWORD = "owner@example.org", "a lamp at the rock"
ORIGIN = "http://site.example"


@dataclass(frozen=True, slots=True)
class Opened:
    """The time to open one page, repeatedly.

    Attributes:
        wall_ms: milliseconds of each request.
        cpu_ms: CPU milliseconds per request.
        page_bytes: the size of the page.
    """

    wall_ms: tuple[float, ...]
    cpu_ms: float
    page_bytes: int


async def run(options: Options) -> list[Row]:
    """Open each page, one request after another, in interleaved rounds."""
    turns = long_transcript()
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(engines())
        workspace = await make_workspace(services, "site", capture=False)
        app = await stack.enter_async_context(open_app(workspace.dsn))
        session_id = await fill(app, turns)
        browser = await stack.enter_async_context(signed_in(app))
        session = f"/sessions/{session_id}"
        pages = {
            "campaign list": "/campaigns",
            "session page": session,
            "transcript, first window": f"{session}/transcript",
            "transcript, last window": f"{session}/transcript?from={len(turns) - 100}",
            "search within": f"{session}/transcript?q=moon",
            "search across": "/search?words=moon",
        }
        rounds: dict[str, list[Opened]] = {name: [] for name in pages}
        for measured in (False, *([True] * options.rounds)):
            for name, address in pages.items():
                opened = await _open(browser, address, options.operations(REQUESTS))
                if measured:
                    rounds[name].append(opened)
    size = sum(len(turn.text) for turn in turns)
    note = f"a transcript of {len(turns):,} turns, {size / 1000:,.0f} KB of text"
    return [_row(name, found, note) for name, found in rounds.items()]


def long_transcript(characters: int = LONG_CHARACTERS) -> tuple[Turn, ...]:
    """Return recorded speech of about `characters` characters, at most `TURNS_MAX` turns."""
    missions = read_missions(RECORDED) if RECORDED.is_dir() else read_missions()
    sessions = [session for mission in missions for session in mission.sessions]
    longest = max(sessions, key=_length)
    said = [Turn(float(one.t), one.speaker, one.text) for one in longest.turns]
    repeated = said * (characters // _length(longest) + 1)
    kept, length = [], 0
    for turn in repeated[:TURNS_MAX]:
        if length >= characters:
            break
        kept.append(turn)
        length += len(turn.text)
    return tuple(kept)


def _length(session: RecordedSession) -> int:
    return sum(len(one.text) for one in session.turns)


async def fill(app: App, turns: Sequence[Turn]) -> str:
    """Create an account with a campaign and a session of these turns; return the session's id."""
    password_hash = await Passwords().hash(PASSWORD)
    user = await create_user(app, NewUser(email=EMAIL, password_hash=password_hash))
    campaign = await create_campaign(app, user.id, NewCampaign(name="The way home"))
    new = NewSession(name="Towards Earth", campaign_id=campaign.id, notes="Bring a torch.")
    session = await create_session(app, user.id, new)
    upload = TranscriptUpload(
        expected_revision=0, content=render_json(turns).encode(), form=Form.JSON
    )
    await save_upload(app, user.id, session.id, upload)
    return session.id


@asynccontextmanager
async def signed_in(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """Open the site and yield a client that is signed in."""
    site = create_site(app, SiteOptions(secret="of the bench", public_url=ORIGIN))  # noqa: S106
    transport = httpx.ASGITransport(site)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
        form = await browser.get("/sign-in")
        token = form.text.split(f'name="{TOKEN_FIELD}" value="')[1].split('"')[0]
        typed = {TOKEN_FIELD: token, "email": EMAIL, "password": PASSWORD}
        await browser.post("/sign-in", data=typed)
        yield browser


async def _open(browser: httpx.AsyncClient, address: str, count: int) -> Opened:
    wall_ms, page_bytes = [], 0
    cpu_started = time.process_time()
    for _ in range(count):
        started = time.perf_counter()
        page = await browser.get(address)
        wall_ms.append((time.perf_counter() - started) * 1000)
        assert page.status_code == 200, (address, page.status_code)
        page_bytes = len(page.content)
        await asyncio.sleep(0)
    cpu_ms = (time.process_time() - cpu_started) * 1000 / count
    return Opened(tuple(wall_ms), cpu_ms, page_bytes)


def _row(name: str, rounds: Sequence[Opened], note: str) -> Row:
    wall_ms = [one for opened in rounds for one in opened.wall_ms]
    return Row(
        "opening a page of the site",
        name,
        {
            "p50 ms": percentile(wall_ms, 0.5),
            "p99 ms": percentile(wall_ms, 0.99),
            "cpu ms": statistics.median(opened.cpu_ms for opened in rounds),
            "page KB": rounds[-1].page_bytes / 1000,
        },
        note=note,
    )
