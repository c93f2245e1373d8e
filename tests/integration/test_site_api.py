"""The JSON API over the real site: what programs see, and what they are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from campaigns.actions import create_token, create_user
from campaigns.inputs import NewApiToken, NewUser
from crossfade.testing import Refuse, TcpProxy
from support.engines.values import Database
from support.site import TestedSite, open_site

API = "/api/v1"


@asynccontextmanager
async def caller(site: TestedSite, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of a new user, which sends that user's token."""
    user = await create_user(site.app, NewUser(email=f"{name}@example.org", name=name))
    made = await create_token(site.app, user.id, NewApiToken(name="tests"))
    async with site.browser() as program:
        program.base_url = program.base_url.join(f"{API}/")
        program.headers["authorization"] = f"Bearer {made.text}"
        yield program


def body(answer: httpx.Response, status: HTTPStatus = HTTPStatus.OK) -> Any:
    """Return what an answer of this status says."""
    assert answer.status_code == status, answer.text
    return answer.json()


def problem(answer: httpx.Response, status: HTTPStatus) -> Any:
    """Return the problem details of an answer."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = body(answer, status)
    assert (found["status"], found["title"], found["type"]) == (
        status,
        status.phrase,
        "about:blank",
    )
    return found


async def make_session(program: httpx.AsyncClient, **given: object) -> Any:
    """Make a session in a new campaign and return it."""
    campaign = body(await program.post("campaigns", json={"name": "Salt"}), HTTPStatus.CREATED)
    new = {"name": "One", "campaign_id": campaign["id"], **given}
    return body(await program.post("sessions", json=new), HTTPStatus.CREATED)


async def test_a_program_does_what_its_user_can_do(site: TestedSite) -> None:
    async with caller(site, "ada") as ada:
        session = await make_session(ada, audio_sha256="ab" * 32, xp_awarded="12.50")
        assert (session["audio_sha256"], session["xp_awarded"][:5]) == ("ab" * 32, "12.50")
        path = f"sessions/{session['id']}"
        changed = body(await ada.patch(path, json={"name": "Two", "expected_revision": 0}))
        assert (changed["name"], changed["revision"]) == ("Two", 1)
        listed = body(await ada.get("sessions", params={"campaign_id": session["campaign_id"]}))
        assert [one["name"] for one in listed["items"]] == ["Two"]
        assert (await ada.delete(path)).status_code == HTTPStatus.NO_CONTENT
        problem(await ada.get(path), HTTPStatus.NOT_FOUND)


async def test_a_transcript_is_uploaded_read_edited_searched_and_shared(site: TestedSite) -> None:
    async with caller(site, "ada") as ada:
        session = await make_session(ada, player_recap="They lived.", notes="The GM lied.")
        path = f"sessions/{session['id']}"
        upload = await ada.put(
            f"{path}/transcript/file",
            params={"form": "txt", "expected_revision": 0},
            content=b"Mira: The lamp is out.\nJon: I light the lantern.",
        )
        assert body(upload)["word_count"] == 8
        turns = body(await ada.get(f"{path}/transcript/turns"))["turns"]
        assert [turn["speaker"] for turn in turns] == ["Mira", "Jon"]
        taken = await ada.get(f"{path}/transcript/export.md")
        assert "**Mira**: The lamp is out" in taken.text
        whole = body(await ada.get("me/export"))
        assert {"user", "campaign", "session", "transcript"} <= {one["kind"] for one in whole}
        assert body(await ada.get(f"{path}/whereabouts")) == "unknown"
        renamed = {"expected_revision": 1, "speaker": "Jon", "name": "Jonas"}
        spoken = body(await ada.patch(f"{path}/transcript/speakers", json=renamed))
        assert [turn["speaker"] for turn in spoken["turns"]] == ["Mira", "Jonas"]
        found = body(await ada.get("search", params={"words": "lantern"}))
        assert [one["session"]["id"] for one in found["items"]] == [session["id"]]
        until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        share = {"expected_revision": 2, "expires_at": until}
        token = body(await ada.put(f"{path}/share", json=share))["share_token"]
    async with site.browser() as anybody:
        recap = body(await anybody.get(f"{API}/shared/{token}"))
    assert recap["player_recap"] == "They lived."
    assert "notes" not in recap


async def test_the_slower_client_receives_the_stored_revision(site: TestedSite) -> None:
    async with caller(site, "ada") as ada:
        session = await make_session(ada)
        path = f"sessions/{session['id']}"
        body(await ada.patch(path, json={"name": "Two", "expected_revision": 0}))
        late = await ada.patch(path, json={"name": "Three", "expected_revision": 0})
        assert problem(late, HTTPStatus.CONFLICT)["current_revision"] == 1


REFUSED: tuple[tuple[bytes, str], ...] = (
    (b'{"name": ""}', "name"),
    (b"{}", "name"),
    (b'{"name": "x", "colour": "red"}', "colour"),
    (b'{"name": "x", "party_level": 0}', "party_level"),
    (b'{"name": "\\ud800"}', "name"),
    (b'{"name": "\\u0000"}', "name"),
    (b'{"name": NaN}', "name"),
    (b"{", "input"),
    (b"null", "input"),
)


async def test_what_is_not_accepted_names_its_field(site: TestedSite) -> None:
    async with caller(site, "ada") as ada:
        ada.headers["content-type"] = "application/json"
        for content, field in REFUSED:
            answer = await ada.post("campaigns", content=content)
            refusal = problem(answer, HTTPStatus.UNPROCESSABLE_ENTITY)
            assert [one["field"] for one in refusal["problems"]] == [field], content
        problem(await ada.post("campaigns", content=b"\xff"), HTTPStatus.BAD_REQUEST)
        assert body(await ada.get("campaigns"))["items"] == []


async def test_nobody_enters_without_a_token(site: TestedSite) -> None:
    async with site.browser() as anybody:
        for sent in ("", "Bearer", "Bearer campaigns_nobody", "Basic YTpi"):
            answer = await anybody.get(f"{API}/campaigns", headers={"authorization": sent})
            problem(answer, HTTPStatus.UNAUTHORIZED)
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_revoked_token_opens_nothing(site: TestedSite) -> None:
    async with caller(site, "ada") as ada:
        (token,) = body(await ada.get("tokens"))
        assert (await ada.delete(f"tokens/{token['id']}")).status_code == HTTPStatus.NO_CONTENT
        problem(await ada.get("me"), HTTPStatus.UNAUTHORIZED)


async def test_a_signed_in_browser_is_no_caller(site: TestedSite) -> None:
    """A cookie opens no route of the API, so that no form of another site can use one."""
    async with caller(site, "ada") as ada:
        del ada.headers["authorization"]
        problem(await ada.post("campaigns", json={"name": "x"}), HTTPStatus.UNAUTHORIZED)


async def test_what_another_user_owns_is_not_found_on_every_route(site: TestedSite) -> None:
    """Each route and method that names a row answers as if the row were not there."""
    async with caller(site, "ada") as ada, caller(site, "eve") as eve:
        session = await make_session(ada)
        mira = {"name": "Mira"}
        route = f"campaigns/{session['campaign_id']}/characters"
        character = body(await ada.post(route, json=mira), HTTPStatus.CREATED)
        (token,) = body(await ada.get("tokens"))
        ids = {
            "{campaign_id}": session["campaign_id"],
            "{session_id}": session["id"],
            "{character_id}": str(character["id"]),
            "{user_id}": session["user_id"],
            "{token_id}": token["id"],
            "{token}": session["share_token"],
            "{form}": "txt",
        }
        paths = body(await ada.get("openapi.json"))["paths"]
        asked = [
            (method, _filled(path, ids))
            for path, methods in paths.items()
            if "{" in path
            for method in methods
        ]
        assert len(asked) > 20
        for method, path in asked:
            sent = BODIES.get(f"{method} {path.rsplit('/', 1)[-1]}", {"expected_revision": 0})
            answer = await eve.request(method, path, **_request(method, path, sent))
            problem(answer, HTTPStatus.NOT_FOUND)
        assert body(await ada.get(f"sessions/{session['id']}"))["revision"] == 0


BODIES: dict[str, dict[str, Any]] = {
    "post members": {"user_id": "x"},
    "post characters": {"name": "x"},
    "put share": {
        "expected_revision": 0,
        "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    },
    "patch transcript": {"expected_revision": 0, "text": "x"},
    "patch turns": {"position": 0, "expected": "0" * 32, "text": "x"},
    "patch speakers": {"expected_revision": 0, "speaker": "a", "name": "b"},
}


def _request(method: str, path: str, sent: dict[str, Any]) -> dict[str, Any]:
    if path.endswith("/file"):
        return {"params": {"form": "txt", "expected_revision": 0}, "content": b"x"}
    return {"json": sent} if method in {"post", "put", "patch"} else {}


def _filled(path: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace(name, value)
    return path.lstrip("/")


async def test_ids_nobody_has_are_not_found(site: TestedSite) -> None:
    async with caller(site, "ada") as ada:
        for place in ("not-a-uuid", "%00", "..%2F..", str(uuid4()), "é" * 50):
            for path in (f"campaigns/{place}", f"sessions/{place}", f"shared/{place}"):
                problem(await ada.get(path), HTTPStatus.NOT_FOUND)


async def test_a_database_that_is_gone_is_unavailable(migrated: Database) -> None:
    at = urlsplit(migrated.dsn)
    async with TcpProxy(at.hostname or "", at.port or 0) as proxy:
        dsn = migrated.dsn.replace(f"{at.hostname}:{at.port}", f"{proxy.host}:{proxy.port}")
        async with open_site(replace(migrated, dsn=dsn)) as site, caller(site, "ada") as ada:
            await proxy.inject(Refuse())
            answer = await ada.get("campaigns")
            problem(answer, HTTPStatus.SERVICE_UNAVAILABLE)
            assert int(answer.headers["retry-after"]) > 0
