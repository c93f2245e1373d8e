"""Edit forms with optimistic locking.

If the record changed after the form was loaded, but in no field of the form, both changes are kept.
Otherwise both versions are shown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.errors import Conflict, Invalid
from campaigns.records import Campaign, Session
from campaigns.web.conflicts import EditConflict, Side, edit_conflict, marks_of, read_marks
from campaigns.web.forms import Field, Form, read_form, refused, shown, texts_of, values_of
from campaigns.web.rendering import Tone, go_to, page


@dataclass(frozen=True, slots=True)
class Edit:
    """A record with its edit form.

    Attributes:
        kind: the noun in messages, such as ``campaign``.
        address: path of its page.
        fields: fields of its form.
        load: returns the stored record.
        update: saves the form's values and the expected revision.
    """

    kind: str
    address: str
    fields: tuple[Field, ...]
    load: Callable[[], Awaitable[Campaign | Session]]
    update: Callable[[Mapping[str, Any]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Typed:
    """A submitted edit form.

    Attributes:
        texts: the typed texts, by field.
        marks: hashes of the texts that the form was loaded with.
        expected: the revision that the form was loaded with.
    """

    texts: Mapping[str, str]
    marks: Mapping[str, str]
    expected: str


async def show_edit(request: Request, edit: Edit) -> Response:
    """Show the edit form."""
    stored = await edit.load()
    texts = texts_of(edit.fields, stored)
    typed = _Typed(texts, marks_of(texts), str(stored.revision))
    return _edit_page(request, edit, stored, shown(edit.fields, texts), typed)


async def save_edit(request: Request, edit: Edit) -> Response:
    """Save the changes, or show the edit conflict or the problems."""
    typed = _Typed(
        await read_form(request, edit.fields),
        await read_marks(request, edit.fields),
        str((await request.form()).get("expected_revision", "")),
    )
    try:
        both = await _save(edit, typed)
    except (Conflict, Invalid) as refusal:
        form = refused(edit.fields, typed.texts, refusal)
        return _edit_page(request, edit, await edit.load(), form, typed)
    if both is None:
        return go_to(request, edit.address, "Saved.")
    return page(
        request,
        "conflict.html.j2",
        status=HTTPStatus.CONFLICT,
        kind=edit.kind,
        there=edit.address,
        name=(await edit.load()).name,
        conflict=both,
    )


def redirect_after_conflict(request: Request, kind: str, address: str) -> Response:
    """Redirect to a record that was changed before the user's action, with a notice."""
    notice = f"The {kind} was changed in the meantime. Check it, then try again."
    return go_to(request, address, notice, Tone.BAD)


async def _save(edit: Edit, typed: _Typed) -> EditConflict | None:
    """Save the typed values, or return the edit conflict.

    Raises:
        Conflict: a unique value is taken.
        Invalid: a field is invalid.
    """
    if await _update(edit, typed, typed.expected):
        return None
    theirs = await edit.load()
    stored = texts_of(edit.fields, theirs)
    both = edit_conflict(edit.fields, typed.texts, stored, typed.marks, theirs.revision)
    if any(one.settled is not Side.MINE for one in both.differences):
        return both
    return None if await _update(edit, typed, theirs.revision) else both


async def _update(edit: Edit, typed: _Typed, revision: int | str) -> bool:
    """Save the typed values; return False if `revision` is not the stored one."""
    values = values_of(edit.fields, typed.texts)
    try:
        await edit.update({**values, "expected_revision": revision})
    except Conflict as refusal:
        if refusal.current_revision is None:
            raise
        return False
    return True


def _edit_page(
    request: Request, edit: Edit, stored: Campaign | Session, form: Form, typed: _Typed
) -> Response:
    return page(
        request,
        f"{edit.kind}s/edit.html.j2",
        status=form.status,
        there=edit.address,
        name=stored.name,
        form=form,
        marks=typed.marks,
        expected_revision=typed.expected,
    )
