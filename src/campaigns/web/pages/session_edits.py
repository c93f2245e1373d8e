"""Changing a session: fields that two people changed are shown in both versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from campaigns.actions import get_session, update_session
from campaigns.errors import Conflict, Invalid
from campaigns.inputs import SessionChanges
from campaigns.records import Session
from campaigns.web.conflicts import Clash, Side, clash, marks_of, read_marks
from campaigns.web.desk import AtDesk, Desk
from campaigns.web.forms import Field, Form, read_form, refused, shown, texts_of, values_of
from campaigns.web.pages.sessions import fields_for
from campaigns.web.rendering import go_to, page
from campaigns.web.visitors import SignedIn

router = APIRouter(prefix="/sessions/{session_id}/edit")


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with a form.

    Attributes:
        fields: of the form.
        texts: what was typed.
        marks: of what the form showed when it was loaded.
        expected: the revision that it showed.
    """

    fields: tuple[Field, ...]
    texts: Mapping[str, str]
    marks: dict[str, str]
    expected: str

    def changes(self, revision: int | str) -> SessionChanges:
        """Return the changes to a revision.

        Raises:
            Invalid: a field is not acceptable.
        """
        values = values_of(self.fields, self.texts)
        return SessionChanges.model_validate({**values, "expected_revision": revision})


@router.get("")
async def show_edit(request: Request, desk: AtDesk, user: SignedIn, session_id: str) -> Response:
    """Show what can be changed."""
    session = await get_session(desk.app, user.id, session_id)
    fields = await fields_for(desk, user.id)
    texts = texts_of(fields, session)
    typed = Typed(fields, texts, marks_of(texts), str(session.revision))
    return _edit_page(request, session, shown(fields, texts), typed)


@router.post("")
async def save_edit(request: Request, desk: AtDesk, user: SignedIn, session_id: str) -> Response:
    """Save the changes; whoever was slower than somebody else sees both versions."""
    fields = await fields_for(desk, user.id)
    expected = str((await request.form()).get("expected_revision", ""))
    typed = Typed(
        fields, await read_form(request, fields), await read_marks(request, fields), expected
    )
    try:
        both = await _save(desk, user.id, session_id, typed)
    except (Conflict, Invalid) as refusal:
        session = await get_session(desk.app, user.id, session_id)
        return _edit_page(request, session, refused(fields, typed.texts, refusal), typed)
    if both is None:
        return go_to(request, f"/sessions/{session_id}", "Saved.")
    return page(
        request,
        "sessions/conflict.html.j2",
        status=HTTPStatus.CONFLICT,
        session=await get_session(desk.app, user.id, session_id),
        clash=both,
    )


async def _save(desk: Desk, user_id: str, session_id: str, typed: Typed) -> Clash | None:
    """Save what was typed, or return how it clashes with what is stored.

    A change of somebody else's that touched other fields, or the transcript, is no clash.
    """
    try:
        await update_session(desk.app, user_id, session_id, typed.changes(typed.expected))
    except Conflict as refusal:
        if refusal.current_revision is None:
            raise
    else:
        return None
    theirs = await get_session(desk.app, user_id, session_id)
    stored = texts_of(typed.fields, theirs)
    both = clash(typed.fields, typed.texts, stored, typed.marks, theirs.revision)
    if any(one.settled is not Side.MINE for one in both.differences):
        return both
    try:
        await update_session(desk.app, user_id, session_id, typed.changes(theirs.revision))
    except Conflict as refusal:
        if refusal.current_revision is None:
            raise
        return both
    return None


def _edit_page(request: Request, session: Session, form: Form, typed: Typed) -> Response:
    return page(
        request,
        "sessions/edit.html.j2",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.is_refused else HTTPStatus.OK,
        session=session,
        form=form,
        marks=typed.marks,
        expected_revision=typed.expected,
    )
