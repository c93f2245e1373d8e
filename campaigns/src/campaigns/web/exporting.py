"""Downloads: all data of a user as one JSON file, and a transcript as text."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, assert_never

from starlette.responses import Response, StreamingResponse

from campaigns.actions import SessionView, export_account
from campaigns.actions.export import Exported
from campaigns.app import App
from campaigns.enums import ExportForm
from campaigns.records import (
    ApiToken,
    Campaign,
    Character,
    NamedMember,
    Session,
    Transcript,
    User,
)
from campaigns.transcripts import export_markdown, export_text, file_name
from campaigns.web.formats import iso

FILE_NAME = "campaigns-export.json"
KINDS: Mapping[type[Exported], str] = {
    User: "user",
    ApiToken: "apitoken",
    Campaign: "campaign",
    NamedMember: "seat",
    Character: "character",
    Session: "session",
    Transcript: "transcript",
}
"""The `kind` of each record in the file; a published format."""


def account_download(app: App, user_id: str) -> Response:
    """Return a streamed JSON file with everything that belongs to a user."""
    return StreamingResponse(
        account_file(app, user_id), media_type="application/json", headers=_saved_as(FILE_NAME)
    )


def transcript_download(view: SessionView, form: ExportForm) -> Response:
    """Return a session's transcript as a download."""
    name = _saved_as(file_name(view.session.name, form))
    match form:
        case ExportForm.MARKDOWN:
            text = export_markdown(view.session.name, view.turns)
            return Response(text, media_type="text/markdown; charset=utf-8", headers=name)
        case ExportForm.TEXT:
            text = export_text(view.turns)
            return Response(text, media_type="text/plain; charset=utf-8", headers=name)
        case _:
            assert_never(form)


def _saved_as(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


async def account_file(app: App, user_id: str) -> AsyncIterator[bytes]:
    """Yield a JSON list with one object per record; `kind` is the first field.

    Decimals and transcript documents are strings, exactly as stored. Times without a zone are UTC.
    Bytes are hexadecimal.

    Raises:
        NotFound: there is no such user.
    """
    separator = "[\n"
    async for record in export_account(app, user_id):
        text = json.dumps(_values(record), ensure_ascii=False, indent=2, default=_text_of)
        yield f"{separator}{text}".encode()
        separator = ",\n"
    yield b"\n]\n"


def _values(record: Exported) -> dict[str, Any]:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {"kind": KINDS[type(record)], **values}


def _text_of(value: Any) -> str:
    match value:
        case bytes():
            return value.hex()
        case datetime():
            return iso(value)
        case _:
            return str(value)
