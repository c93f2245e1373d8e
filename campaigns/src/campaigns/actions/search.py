"""Full text search in the sessions of one campaign, or in all sessions of a user."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import ColumnElement, func, literal_column, select

from campaigns.actions.campaigns import require_own
from campaigns.actions.pages import before, page
from campaigns.actions.rows import session_key
from campaigns.actions.sessions import COLUMNS
from campaigns.app import App, transaction
from campaigns.models import SessionRow
from campaigns.records import FoundSession, Page, Session, Snippet
from campaigns.transcript_inputs import SessionSearch
from campaigns.transcripts import filled_lines, folded, shown, snippet, spans

SNIPPETS_MAX = 3
STEM_CHARACTERS_MIN = 4
ENDING_CHARACTERS = 3
WORD_END = re.compile(r"\w*")
WORD = re.compile(r'-?"[^"]*"?|\S+')


async def search_sessions(app: App, user_id: str, search: SessionSearch) -> Page[FoundSession]:
    """Return the sessions that contain the words, newest first, each with matching lines.

    Raises:
        Invalid: `after` is not a position in this list.
        NotFound: the campaign.
    """
    conditions = [SessionRow.user_id == user_id, SessionRow.search_vector.op("@@")(asked(search))]
    if search.campaign_id is not None:
        conditions.append(SessionRow.campaign_id == search.campaign_id)
    if search.after is not None:
        conditions.append(before(SessionRow.created_at, SessionRow.id, search.after, session_key))
    statement = (
        select(*COLUMNS, SessionRow.transcript_text)
        .where(*conditions)
        .order_by(SessionRow.created_at.desc(), SessionRow.id.desc())
        .limit(search.limit + 1)
    )
    async with transaction(app) as db:
        await require_own(db, user_id, search.campaign_id)
        rows = [dict(row) for row in (await db.execute(statement)).mappings()]
    texts = [row.pop("transcript_text") or "" for row in rows]
    part = page([Session(**row) for row in rows], search.limit, "created_at")
    found = await asyncio.to_thread(_found, part.items, texts, search.words)
    return Page(found, part.after)


def asked(search: SessionSearch) -> ColumnElement[object]:
    """Return the text search query: English stems, or exact words for names and tags."""
    english, simple = (
        func.websearch_to_tsquery(literal_column(f"'{language}'"), search.words)
        for language in ("english", "simple")
    )
    return english.op("||")(simple)


def _found(sessions: tuple[Session, ...], texts: list[str], words: str) -> tuple[FoundSession, ...]:
    wanted = words_to_show(words)
    return tuple(
        FoundSession(session, tuple(islice(snippets(text, wanted), SNIPPETS_MAX)))
        for session, text in zip(sessions, texts, strict=False)
    )


def words_to_show(words: str) -> list[str]:
    """Return the folded words and phrases to find in the lines.

    PostgreSQL compares stems, so a long word is shortened to its beginning.
    """
    kept = [one.strip('"') for one in WORD.findall(words) if not one.startswith("-")]
    plain = [folded(one).strip() for one in kept if folded(one) != "or"]
    return [
        one if " " in one else one[: max(STEM_CHARACTERS_MIN, len(one) - ENDING_CHARACTERS)]
        for one in plain
        if one
    ]


def snippets(text: str, wanted: list[str]) -> Iterator[Snippet]:
    """Yield the lines of a transcript that contain one of the words."""
    for position, (_, line) in enumerate(filled_lines(text)):
        plain = folded(line)
        for word in wanted:
            if word in plain:
                said = shown(line)
                hit = next(whole_words(said.text, word), None)
                if hit is not None:
                    yield Snippet(position, said.speaker, snippet(said.text, hit))
                    break


def whole_words(text: str, word: str) -> Iterator[tuple[int, int]]:
    """Yield the positions of the words of a text that begin with a folded word."""
    for start, end in spans(text, word):
        if start == 0 or not text[start - 1].isalnum():
            rest = WORD_END.match(text, end)
            yield start, rest.end() if rest else end
