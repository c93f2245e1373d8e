"""Upload of a transcript as a file or as pasted text; it replaces the earlier one."""

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

FILE = Field("file", "File")
TEXT = Field("text", "Or paste text", Widget.TEXT, WhenEmpty.SEND, rows=12)
LANG = Field("lang", "Language", hint="For example en or en-GB.")
FIELDS = (FILE, TEXT, LANG)
ENDINGS = ",".join(f".{written}" for written in Written)


@dataclass(frozen=True, slots=True)
class SubmittedTranscript:
    """A submitted upload form.

    Attributes:
        field: name of the field with the transcript: `file` or `text`.
        content: the transcript.
        written: its format, None for an unsupported file type.
        texts: the typed texts, to be shown again.
        expected: the session revision that the form was rendered from.
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
    """Show the upload form."""
    session = await get_session(context.app, user.id, session_id)
    return _upload_page(request, session, shown(FIELDS, {"lang": session.transcript_lang or ""}))


@router.post("")
async def upload(request: Request, context: InContext, user: SignedIn, session_id: str) -> Response:
    """Save the transcript, or show its errors beside the submitted field."""
    session = await get_session(context.app, user.id, session_id)
    submitted = await _submitted(request)
    try:
        saved = await save_upload(context.app, user.id, session.id, upload_of(submitted))
    except (Conflict, Invalid) as refusal:
        problems = [beside(submitted.field, problem) for problem in problems_of(refusal)]
        session = await get_session(context.app, user.id, session_id)
        return _upload_page(request, session, shown(FIELDS, submitted.texts, problems))
    notice = f"The transcript was saved: {saved.word_count or 0:,} words."
    return go_to(request, f"/sessions/{session.id}/transcript", notice)


def upload_of(submitted: SubmittedTranscript) -> TranscriptUpload:
    """Return the upload as the input of `save_upload`.

    Raises:
        Invalid: the transcript is empty, or the file type is unsupported.
    """
    if not submitted.content:
        remedy = "choose a file that is not empty, or paste text"
        raise Invalid(Problem("transcript", "no transcript given", remedy))
    if submitted.written is None:
        raise Invalid(Problem("transcript", "unsupported file type", f"choose one of {ENDINGS}"))
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
    """Return the problems to show; an edit conflict becomes one problem."""
    if isinstance(refusal, Invalid):
        return refusal.problems
    remedy = "check it; to replace its transcript anyway, submit the form again"
    return (Problem("transcript", "the session was changed in the meantime", remedy),)


def beside(field: str, problem: Problem) -> Problem:
    """Assign a problem of the transcript to the submitted field; keep problems of `lang`."""
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
