"""Transcripts on the site: uploaded, read, searched, edited, renamed, taken along, shared."""

from __future__ import annotations

import gzip
import io
import re
import zipfile

import httpx
import pytest

from campaigns.actions import (
    edit_turn,
    get_session,
    get_turns,
    update_session,
)
from campaigns.inputs import SessionChanges
from campaigns.records import Session
from campaigns.transcript_inputs import TurnChanges
from campaigns.transcripts import digest, parse_text
from campaigns.web.reading import WINDOW_TURNS
from support.site import SAID, TestedSite, new_session, sign_up, spoken_session, submit


async def send(
    browser: httpx.AsyncClient, session: Session, content: bytes, name: str, **values: str
) -> httpx.Response:
    """Upload a file as the form does."""
    address = f"/sessions/{session.id}/transcript/upload"
    return await submit(
        browser,
        address,
        {"expected_revision": str(session.revision), **values},
        files={"file": (name, content, "application/octet-stream")},
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.txt", "GM: The lamp"),
        ("s.SRT", "1\r\n00:00:01,000 --> 00:00:02,000\r\nGM: The lamp\r\n"),
        ("s.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v GM>The lamp"),
        ("s.json", '{"turns": [{"speaker": "GM", "text": "The lamp"}]}'),
        ("../../../etc/passwd.txt", "GM: The lamp"),
        ('x"\r\nX-Injected: yes\r\n.txt', "GM: The lamp"),
    ],
)
async def test_a_file_of_each_form_becomes_a_transcript(
    site: TestedSite, name: str, content: str
) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        saved = await send(ada, session, content.encode(), name)
        assert saved.status_code == 303, saved.text
        (turn,) = (await get_turns(site.app, person.id, session.id)).turns
        assert (turn.speaker, turn.text) == ("GM", "The lamp")
        assert site.pushes.seen[-1] == ("session", session.id)


async def test_pasted_text_becomes_a_transcript(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        address = f"/sessions/{session.id}/transcript/upload"
        typed = {"expected_revision": "0", "text": SAID.replace("\n", "\r\n"), "lang": "en"}
        saved = await submit(ada, address, typed)
        assert saved.status_code == 303
        spoken = await get_turns(site.app, person.id, session.id)
        assert (len(spoken.turns), spoken.lang, spoken.source) == (3, "en", "PASTED")


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr("session.txt", "x" * 50_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("s.txt", b"GM: a\n[00:99:00] GM: secret", "Line 2: a time with more than 59"),
        ("s.srt", b"1\n00:00:01,000\nsecret", "Line 2: no times of a cue"),
        ("s.json", b'{"turns": [{"text": 5}]}', "Turns[0].text: Expected"),
        ("s.json", b'{"x":' + b"[" * 90_000 + b"]" * 90_000 + b"}", "nested too deeply"),
        ("s.txt", archive(), "The file: an archive"),
        ("s.txt", gzip.compress(b"x" * 50_000_000), "The file: an archive"),
        ("s.txt", b"GM: \xff\xfe", "Line 1: not UTF-8"),
        ("s.txt", b"x" * (2 * 1024 * 1024 + 1), "The file: 2097153 bytes"),
        ("s.docx", b"x", "Unsupported file type"),
        ("s.txt", b"", "No transcript given"),
    ],
)
async def test_a_malformed_file_is_named_beside_the_field(
    site: TestedSite, name: str, content: bytes, expected: str
) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        page = await send(ada, session, content, name)
        assert page.status_code == 422
        problem = re.search(r'id="file-problem">(.*?)</p>', page.text)
        assert problem is not None
        assert expected in problem[1]
        assert "secret" not in page.text
        assert (await get_session(site.app, person.id, session.id)).revision == 0


async def test_malformed_text_stays_in_its_field(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        address = f"/sessions/{session.id}/transcript/upload"
        typed = {"expected_revision": "0", "text": "GM: kept\n[00:99:00] b"}
        page = await submit(ada, address, typed)
        assert page.status_code == 422
        assert "Line 2: a time with more than 59" in page.text
        assert "GM: kept" in page.text
        page = await submit(ada, address, {**typed, "lang": "klingon"})
        assert 'id="lang-problem"' in page.text


async def test_a_body_beyond_the_limit_is_not_read(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await new_session(site, person)
        page = await send(ada, session, b"x" * (17 * 1024 * 1024), "s.json")
        assert page.status_code == 413
        encoded = await ada.post(
            f"/sessions/{session.id}/transcript/upload",
            content=gzip.compress(b"x" * 1000),
            headers={"content-encoding": "gzip", "content-type": "multipart/form-data; boundary=x"},
        )
        assert encoded.status_code == 415


async def test_a_transcript_replaces_nothing_unseen(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await spoken_session(site, person)
        changes = SessionChanges(expected_revision=1, notes="meanwhile")
        await update_session(site.app, person.id, session.id, changes)
        page = await send(ada, session, b"GM: other", "s.txt")
        assert page.status_code == 422
        assert "The session was changed in the meantime" in page.text
        assert 'name="expected_revision" value="2"' in page.text


def positions(page: str) -> list[int]:
    return [int(position) for position in re.findall(r'<li id="turn-(\d+)"', page)]


async def test_a_long_transcript_comes_in_windows(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        total = 2 * WINDOW_TURNS + 50
        said = "\n".join(f"GM: line {number}" for number in range(total))
        session = await spoken_session(site, person, said)
        address = f"/sessions/{session.id}/transcript"
        page = (await ada.get(address)).text
        assert positions(page) == list(range(WINDOW_TURNS))
        assert f"from={WINDOW_TURNS}" in page
        assert "Earlier lines" not in page
        part = (await ada.get(f"{address}/lines?from={WINDOW_TURNS}")).text
        assert positions(part) == list(range(WINDOW_TURNS, 2 * WINDOW_TURNS))
        last = (await ada.get(f"{address}?from={2 * WINDOW_TURNS}")).text
        assert positions(last) == list(range(2 * WINDOW_TURNS, total))
        assert "Later lines" not in last
        for odd in ("-1", "x", "9" * 50, "²", "999999"):
            assert (await ada.get(f"{address}?from={odd}&hit={odd}&q=line")).status_code == 200


async def test_a_search_counts_marks_and_leads_around(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        said = "\n".join(
            "GM: Café lamp" if number % 400 == 7 else "GM: x" for number in range(1000)
        )
        session = await spoken_session(site, person, said)
        address = f"/sessions/{session.id}/transcript?q=cafe"
        first = (await ada.get(address)).text
        assert "1 of 3" in first
        assert "<mark>Café</mark>" in first
        assert "hit=3#found" in first
        assert "hit=2#found" in first
        last = (await ada.get(f"{address}&hit=3")).text
        assert "3 of 3" in last
        assert 807 in positions(last)
        assert re.search(r'<li id="turn-807" class="current"><span id="found">', last)
        assert "hit=1#found" in last
        assert "No matches" in (await ada.get(f"{address}nowhere")).text


async def test_a_line_is_edited_in_its_place(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await spoken_session(site, person)
        address = f"/sessions/{session.id}/transcript?edit=1"
        page = await ada.get(address)
        expected = re.findall(r'name="expected" value="([0-9a-f]{32})"', page.text)
        assert len(expected) == 1
        typed = {"expected": expected[0], "speaker": "Pim", "text": "A hundred waves."}
        to = f"/sessions/{session.id}/transcript/turns/1"
        saved = await submit(ada, address, typed, to=to)
        assert saved.headers["location"].endswith("/transcript?from=0#turn-1")
        turns = (await get_turns(site.app, person.id, session.id)).turns
        assert (turns[1].t_seconds, turns[1].speaker, turns[1].text) == (
            2,
            "Pim",
            "A hundred waves.",
        )
        assert site.pushes.seen == [("session", session.id)]


async def test_a_line_that_two_people_edit_is_shown_in_both_versions(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await spoken_session(site, person)
        before = (await get_turns(site.app, person.id, session.id)).turns[1]
        theirs = TurnChanges(position=1, expected=digest(before), text="Theirs.", speaker="Odile")
        await edit_turn(site.app, person.id, session.id, theirs)
        page = f"/sessions/{session.id}/transcript?edit=0"
        to = f"/sessions/{session.id}/transcript/turns/1"
        typed = {"expected": digest(before), "speaker": "Odile", "text": "Mine."}
        clash = await submit(ada, page, typed, to=to)
        assert clash.status_code == 409
        assert "Theirs." in clash.text
        assert "Mine." in clash.text
        chosen = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', clash.text))
        assert (await ada.post(to, data=chosen)).status_code == 303
        turns = (await get_turns(site.app, person.id, session.id)).turns
        assert turns[1].text == "Mine."
        gone = await submit(ada, page, typed, to=f"/sessions/{session.id}/transcript/turns/77")
        assert gone.status_code == 409
        assert "Mine." in gone.text


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"text": ""}, "text-problem"),
        ({"text": "x" * 20_001}, "text-problem"),
        ({"text": "a", "speaker": "[x]"}, "text-problem"),
        ({"text": "a", "speaker": "x" * 200}, "speaker-problem"),
        ({"text": "a\x00"}, "text-problem"),
    ],
)
async def test_a_line_that_cannot_be_is_shown_again(
    site: TestedSite, typed: dict[str, str], expected: str
) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await spoken_session(site, person)
        turn = (await get_turns(site.app, person.id, session.id)).turns[0]
        address = f"/sessions/{session.id}/transcript?edit=0"
        to = f"/sessions/{session.id}/transcript/turns/0"
        page = await submit(ada, address, {"expected": digest(turn), **typed}, to=to)
        assert page.status_code == 422
        assert f'id="{expected}"' in page.text


@pytest.mark.parametrize("position", ["-1", "x", "9999999", "1.5", "%00"])
async def test_an_invalid_position_is_not_found(site: TestedSite, position: str) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await spoken_session(site, person)
        to = f"/sessions/{session.id}/transcript/turns/{position}"
        values = {"expected": "0" * 32, "text": "x"}
        assert (await submit(ada, "/sessions/new", values, to=to)).status_code == 404


async def test_speakers_are_renamed_and_merged_on_purpose(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        session = await spoken_session(site, person)
        address = f"/sessions/{session.id}/transcript/speakers"
        typed = {"expected_revision": "1", "speaker": "GM", "name": "Odile"}
        refused = await submit(ada, address, typed)
        assert refused.status_code == 422
        assert "another speaker&#39;s" in refused.text
        merged = await submit(ada, address, {**typed, "merge": "on"})
        assert merged.status_code == 303
        spoken = await get_turns(site.app, person.id, session.id)
        assert {one.speaker for one in spoken.turns} == {"Odile"}
        for bad in ({"name": "[x]"}, {"speaker": "Nobody"}, {"expected_revision": "x"}):
            answer = await submit(ada, address, {**typed, "expected_revision": "2", **bad})
            assert answer.status_code in {404, 422}


async def test_a_transcript_is_taken_along(site: TestedSite) -> None:
    async with site.browser() as ada:
        person = await sign_up(site, ada)
        name = 'a"; filename=evil.exe\nSet-Cookie: x=1 龍'
        session = await spoken_session(site, person, name=name)
        address = f"/sessions/{session.id}/transcript/export"
        text = await ada.get(f"{address}.txt")
        assert text.headers["content-type"] == "text/plain; charset=utf-8"
        assert text.headers["content-disposition"] == (
            'attachment; filename="a-filename-evil.exe-Set-Cookie-x-1.txt"'
        )
        assert "set-cookie" not in text.headers
        assert parse_text(text.text) == (await get_turns(site.app, person.id, session.id)).turns
        markdown = await ada.get(f"{address}.md")
        assert "**GM** (00:00:01): The lamp is dark\\." in markdown.text
        assert (await ada.get(f"{address}.exe")).status_code == 404
