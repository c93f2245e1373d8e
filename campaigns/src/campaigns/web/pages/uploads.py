"""Bringing a transcript: a file or pasted text, instead of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import get_session, save_upload
from campaigns.enums import TranscriptSource
from campaigns.errors import Conflict, Invalid, Problem
from campaigns.records import Session
from campaigns.transcript_inputs import TranscriptUpload
from campaigns.transcripts import Form as Written
from campaigns.transcripts import detect, form_of
from campaigns.web.context import InContext
from campaigns.web.forms import Field, Form, WhenEmpty, Widget, sentence, shown
from campaigns.web.rendering import go_to, page
from campaigns.web.visitors import SignedIn

router = APIRouter(prefix="/sessions/{session_id}/transcript/upload")

FILE = Field("file", "A file")
TEXT = Field("text", "Or text", Widget.TEXT, WhenEmpty.SEND, rows=12)
LANG = Field("lang", "Language", hint="Such as en or en-GB.")
FIELDS = (FILE, TEXT, LANG)
ENDINGS = ",".join(f".{written}" for written in Written)


@dataclass(frozen=True, slots=True)
class SubmittedTranscript:
    """What came with the form.

    Attributes:
        field: where it came from: the file or the text.
        content: the transcript.
        written: how it is written, None for a file of another kind.
        texts: what was typed, to be shown again.
        expected: the revision that the form showed.
    """

    field: str
    content: bytes
    written: Written | None
    texts: dict[str, str]
    expected: str


@router.get("")
async def show_upload(
    request: Request, context: InContext, user: SignedIn, session_id: str
) -> Response:
    """Ask for a file or a text."""
    session = await get_session(context.app, user.id, session_id)
    return _upload_page(request, session, shown(FIELDS, {"lang": session.transcript_lang or ""}))


@router.post("")
async def upload(request: Request, context: InContext, user: SignedIn, session_id: str) -> Response:
    """Save the transcript; what is malformed is named beside the field it came from."""
    session = await get_session(context.app, user.id, session_id)
    submitted = await _submitted(request)
    try:
        saved = await save_upload(context.app, user.id, session.id, upload_of(submitted))
    except (Conflict, Invalid) as refusal:
        problems = [beside(submitted.field, problem) for problem in problems_of(refusal)]
        session = await get_session(context.app, user.id, session_id)
        return _upload_page(request, session, shown(FIELDS, submitted.texts, problems))
    notice = f"The transcript is saved: {saved.word_count or 0:,} words."
    return go_to(request, f"/sessions/{session.id}/transcript", notice)


def upload_of(submitted: SubmittedTranscript) -> TranscriptUpload:
    """Return the upload.

    Raises:
        Invalid: nothing was brought, or a file of another kind.
    """
    if not submitted.content:
        remedy = "choose a file that is not empty, or paste a text"
        raise Invalid(Problem("transcript", "nothing brought", remedy))
    if submitted.written is None:
        raise Invalid(Problem("transcript", "a file of another kind", f"choose one of {ENDINGS}"))
    source = TranscriptSource.FILE if submitted.field == FILE.name else TranscriptSource.PASTED
    return TranscriptUpload.model_validate(
        {
            "expected_revision": submitted.expected,
            "content": submitted.content,
            "form": submitted.written,
            "source": source,
            "lang": submitted.texts["lang"].strip() or None,
        }
    )


def problems_of(refusal: Conflict | Invalid) -> tuple[Problem, ...]:
    """Return what is wrong."""
    if isinstance(refusal, Invalid):
        return refusal.problems
    remedy = "have a look at it; to replace its transcript all the same, send the form again"
    return (Problem("transcript", "somebody changed the session meanwhile", remedy),)


def beside(field: str, problem: Problem) -> Problem:
    """Return a problem of the transcript as one of the field it came from."""
    if problem.field == LANG.name:
        return problem
    return Problem(field, problem.kind, f"{sentence(problem.kind)} {sentence(problem.remedy)}")


async def _submitted(request: Request) -> SubmittedTranscript:
    form = await request.form()
    file, text = form.get(FILE.name), str(form.get(TEXT.name, ""))
    texts = {TEXT.name: text, LANG.name: str(form.get(LANG.name, ""))}
    expected = str(form.get("expected_revision", ""))
    if isinstance(file, UploadFile) and file.filename:
        content = await file.read()
        return SubmittedTranscript(FILE.name, content, form_of(file.filename), texts, expected)
    return SubmittedTranscript(TEXT.name, text.encode(), detect(text), texts, expected)


def _upload_page(request: Request, session: Session, form: Form) -> Response:
    return page(
        request,
        "transcripts/upload.html.j2",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.is_refused else HTTPStatus.OK,
        session=session,
        form=form,
        endings=ENDINGS,
    )
