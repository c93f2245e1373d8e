"""Transcript pages: read, search, edit a line, rename speakers, export."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import SessionView, edit_turn, rename_speaker, view_session
from campaigns.enums import ExportForm
from campaigns.errors import Conflict, Invalid, NotFound, Problem
from campaigns.transcript_inputs import SpeakerChanges, TurnChanges
from campaigns.transcripts import Turn
from campaigns.web.context import InContext, SiteContext
from campaigns.web.exporting import transcript_download
from campaigns.web.forms import CHECKED, Field, Form, WhenEmpty, Widget, read_form, refused, shown
from campaigns.web.reading import expected_of, read, window_at
from campaigns.web.rendering import go_to, page, part
from campaigns.web.visitors import SignedIn

router = APIRouter(prefix="/sessions/{session_id}/transcript")

TURN = (
    Field("speaker", "Speaker"),
    Field("text", "Text", Widget.TEXT, WhenEmpty.SEND, required=True, rows=3),
)
DIGITS_MAX = 6


@router.get("")
async def show_transcript(
    request: Request, context: InContext, user: SignedIn, session_id: str
) -> Response:
    """Show a window of the transcript, or the window that contains the search match."""
    view = await view_session(context.app, user.id, session_id)
    edited = number_of(request.query_params.get("edit"), -1)
    if not 0 <= edited < len(view.turns):
        return transcript_page(request, view)
    form = shown(TURN, texts_of_turn(view.turns[edited]))
    return transcript_page(request, view, edited, form)


@router.get("/lines")
async def show_lines(
    context: InContext, request: Request, user: SignedIn, session_id: str
) -> Response:
    """Return the HTML of a window's lines for the script that extends the page."""
    view = await view_session(context.app, user.id, session_id)
    reading = read(view.turns, number_of(request.query_params.get("from"), 0))
    return part(
        context, "transcripts/lines.html.j2", session=view.session, reading=reading, edited=-1
    )


@router.get("/export.{ending}")
async def export(context: InContext, user: SignedIn, session_id: str, ending: str) -> Response:
    """Return the transcript as a download."""
    if ending not in set(ExportForm):
        raise NotFound("export")
    view = await view_session(context.app, user.id, session_id)
    return transcript_download(view, ExportForm(ending))


@router.post("/turns/{position}")
async def save_turn(
    request: Request, context: InContext, user: SignedIn, session_id: str, position: str
) -> Response:
    """Save one line. On an edit conflict, show both versions."""
    at = number_of(position, -1)
    texts = await read_form(request, TURN)
    expected = str((await request.form()).get("expected", ""))
    try:
        changes = TurnChanges(
            position=at, expected=expected, text=texts["text"], speaker=texts["speaker"] or None
        )
        await edit_turn(context.app, user.id, session_id, changes)
    except Conflict:
        return await _conflict_page(request, context, user.id, session_id, changes)
    except Invalid as refusal:
        view = await view_session(context.app, user.id, session_id)
        if not 0 <= at < len(view.turns):
            raise NotFound("turn") from None
        return transcript_page(request, view, at, refused(TURN, texts, beside_text(refusal)))
    address = f"/sessions/{session_id}/transcript?from={window_at(at)}#turn-{at}"
    return go_to(request, address, "The line was saved.")


@router.get("/speakers")
async def show_speakers(
    request: Request, context: InContext, user: SignedIn, session_id: str
) -> Response:
    """Show the speakers, with a form to rename each."""
    view = await view_session(context.app, user.id, session_id)
    return _speakers_page(request, view)


@router.post("/speakers")
async def save_speaker(
    request: Request, context: InContext, user: SignedIn, session_id: str
) -> Response:
    """Rename a speaker."""
    form = await request.form()
    values = {name: str(form.get(name, "")) for name in ("expected_revision", "speaker", "name")}
    try:
        changes = SpeakerChanges.model_validate({**values, "merge": form.get("merge") == CHECKED})
        await rename_speaker(context.app, user.id, session_id, changes)
    except (Conflict, Invalid) as refusal:
        view = await view_session(context.app, user.id, session_id)
        remedy = (
            "; ".join(problem.remedy for problem in refusal.problems)
            if isinstance(refusal, Invalid)
            else f"{refusal.kind}; {refusal.remedy}"
        )
        return _speakers_page(request, view, values, remedy)
    there = f"/sessions/{session_id}/transcript/speakers"
    return go_to(request, there, f"{changes.speaker} was renamed to {changes.name.strip()}.")


def transcript_page(
    request: Request, view: SessionView, edited: int = -1, form: Form | None = None
) -> Response:
    """Return the transcript page; the line at `edited` is shown as a form, -1 means none."""
    start = window_at(edited) if edited >= 0 else number_of(request.query_params.get("from"), 0)
    words = "" if edited >= 0 else request.query_params.get("q", "")[:200]
    return page(
        request,
        "transcripts/page.html.j2",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form and form.is_refused else HTTPStatus.OK,
        session=view.session,
        campaign_name=view.campaign_name,
        reading=read(view.turns, start, words, number_of(request.query_params.get("hit"), 1)),
        edited=edited,
        form=form,
        expected=expected_of(view.turns[edited]) if edited >= 0 else "",
    )


def number_of(text: str | None, default: int) -> int:
    """Parse a position from an address; return the default if it is not a short decimal number."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > DIGITS_MAX:
        return default
    return int(text)


def texts_of_turn(one: Turn) -> dict[str, str]:
    """Return the form texts of a line."""
    return {"speaker": one.speaker or "", "text": one.text}


def beside_text(refusal: Invalid) -> Invalid:
    """Assign the problems of unknown fields to the field `text`."""
    names = {field.name for field in TURN}
    return Invalid(
        *(
            problem if problem.field in names else Problem("text", problem.kind, problem.remedy)
            for problem in refusal.problems
        )
    )


async def _conflict_page(
    request: Request, context: SiteContext, user_id: str, session_id: str, changes: TurnChanges
) -> Response:
    view = await view_session(context.app, user_id, session_id)
    at = changes.position
    theirs = view.turns[at] if at < len(view.turns) else None
    return page(
        request,
        "transcripts/conflict.html.j2",
        status=HTTPStatus.CONFLICT,
        session=view.session,
        position=at,
        start=window_at(at),
        mine=changes,
        theirs=theirs,
        expected="" if theirs is None else expected_of(theirs),
    )


def _speakers_page(
    request: Request, view: SessionView, typed: dict[str, str] | None = None, problem: str = ""
) -> Response:
    return page(
        request,
        "transcripts/speakers.html.j2",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        session=view.session,
        reading=read(view.turns),
        typed=typed or {},
        problem=problem,
    )
