"""The site on a real PostgreSQL, with a real client, for the tests of pages.

    async def test_something(site: TestedSite) -> None:
        async with site.browser() as ada:
            await sign_up(site, ada)
            page = await ada.get("/campaigns")
            answer = await submit(ada, "/campaigns/new", {"name": "One"})

`site` is a fixture of `conftest.py`: the application on a migrated database, without a server. A
browser keeps cookies and follows no redirects. `submit` loads a page and sends its form with the
form's token. `site.app` is the application that the pages use, `site.pushes` what it pushed after
commits; `site.sql` runs a statement without it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx
import psycopg
from fastapi import FastAPI
from fastapi.routing import APIRoute
from psycopg.rows import DictRow, dict_row
from sqlalchemy import event

from campaigns.actions import create_session, get_session, save_upload
from campaigns.app import App, open_app
from campaigns.inputs import NewSession
from campaigns.records import Session
from campaigns.transcript_inputs import TranscriptUpload
from campaigns.transcripts import Form
from campaigns.web.options import SiteOptions
from campaigns.web.pages import ROUTERS
from campaigns.web.site import create_site
from crossfade.web.security import TOKEN_FIELD
from support.campaigns_app import RecordedPushes
from support.engines.product import RunningProduct
from support.engines.values import Database

ORIGIN = "http://site.example"
PASSWORD = "a lamp at the rock"
LIGHT_KIB = 64
"""Tests hash many passwords, which need no protection."""
TOKEN = re.compile(rf'name="{TOKEN_FIELD}" value="([0-9a-f]+)"')
SAID = (
    "[00:00:01] GM: The lamp is dark.\n[00:00:02] Odile: Ninety-nine waves.\n[00:00:03] GM: Lamp!"
)


@dataclass(frozen=True)
class TestedSite:
    """A site with its application, its pushes and its database."""

    __test__ = False

    site: FastAPI
    app: App
    pushes: RecordedPushes
    dsn: str

    @asynccontextmanager
    async def browser(
        self, *, address: str = "127.0.0.1", origin: str = ORIGIN, raises: bool = True
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Open a browser without cookies.

        Args:
            address: the network address it comes from.
            origin: how it calls the site.
            raises: whether an unexpected error is raised instead of shown as a page.
        """
        transport = httpx.ASGITransport(
            self.site, raise_app_exceptions=raises, client=(address, 50_000)
        )
        async with httpx.AsyncClient(transport=transport, base_url=origin) as browser:
            yield browser

    async def sql(self, statement: str, *parameters: object) -> list[DictRow]:
        """Run a statement past the application."""
        async with await psycopg.AsyncConnection.connect(self.dsn, row_factory=dict_row) as db:
            cursor = await db.execute(statement.encode(), parameters or None)
            return await cursor.fetchall() if cursor.description else []

    @staticmethod
    def routes() -> set[tuple[str, str]]:
        """Return the method and the path of every page."""
        return {
            (method, route.path)
            for router in ROUTERS
            for route in router.routes
            if isinstance(route, APIRoute)
            for method in route.methods or ()
        }

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collect the statements that the application runs inside the block."""
        seen: list[str] = []
        engine = self.app.sessions.kw["bind"].sync_engine

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)


@dataclass(frozen=True)
class Person:
    """A user with an account."""

    id: str
    email: str
    password: str = field(default=PASSWORD, repr=False)


@asynccontextmanager
async def open_site(database: Database, **options: Any) -> AsyncIterator[TestedSite]:
    """Open the site on a migrated database.

    Args:
        database: the database.
        options: of `SiteOptions`; the secret is given, and hashing is light.
    """
    pushes = RecordedPushes()
    async with open_app(database.dsn, pushes) as app:
        given = {
            "secret": "of the tests",
            "public_url": ORIGIN,
            "password_kib": LIGHT_KIB,
            **options,
        }
        yield TestedSite(create_site(app, SiteOptions(**given)), app, pushes, database.dsn)


@asynccontextmanager
async def open_site_on(product: RunningProduct) -> AsyncIterator[TestedSite]:
    """Open the site on a product with both stores."""
    site = create_site(product.app, SiteOptions(secret="of the tests", public_url=ORIGIN))
    yield TestedSite(site, product.app, RecordedPushes(), product.direct.dsn)


def token_of(page: httpx.Response) -> str:
    """Return the token that the forms of a page carry."""
    found = TOKEN.search(page.text)
    assert found is not None, f"{page.request.url.path} answers {page.status_code} without a form"
    return unescape(found.group(1))


async def submit(
    browser: httpx.AsyncClient,
    address: str,
    values: Mapping[str, Any] | None = None,
    *,
    to: str = "",
    **more: Any,
) -> httpx.Response:
    """Load a page and send its form.

    Args:
        browser: the browser to use.
        address: the page with the form.
        values: what was typed; a list for a field that comes several times.
        to: the address that the form is sent to; its page unless given.
        more: of httpx, such as `files`.
    """
    page = await browser.get(address)
    data = {TOKEN_FIELD: token_of(page), **(values or {})}
    return await browser.post(to or address, data=data, **more)


async def sign_up(
    site: TestedSite, browser: httpx.AsyncClient, email: str = "ada@example.org"
) -> Person:
    """Make an account and sign a browser in."""
    account = {"email": email, "password": PASSWORD}
    answer = await submit(browser, "/sign-up", {"name": "Ada", **account})
    assert answer.status_code == 303, answer.text
    answer = await submit(browser, "/sign-in", account)
    assert answer.headers["location"] == "/campaigns", answer.text
    [row] = await site.sql("SELECT id FROM users WHERE lower(email) = lower(%s)", email)
    site.pushes.seen.clear()
    return Person(row["id"], email)


async def new_session(site: TestedSite, person: Person, **given: object) -> Session:
    """Make a session of a user."""
    new = NewSession.model_validate({"name": "A Dark Night", **given})
    return await create_session(site.app, person.id, new)


async def spoken_session(
    site: TestedSite, person: Person, said: str = SAID, **given: object
) -> Session:
    """Make a session with a transcript, and forget what was pushed for it."""
    session = await new_session(site, person, **given)
    upload = TranscriptUpload(expected_revision=0, content=said.encode(), form=Form.TXT)
    await save_upload(site.app, person.id, session.id, upload)
    site.pushes.seen.clear()
    return await get_session(site.app, person.id, session.id)
