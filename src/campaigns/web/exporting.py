"""A user's data as one JSON file, written while it is read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from campaigns.actions import export_account
from campaigns.app import App
from campaigns.web.formats import iso


async def account_file(app: App, user_id: str) -> AsyncIterator[bytes]:
    """Yield a JSON list with one object for each record, `kind` first.

    Numbers with decimals and documents of transcripts are text, as exact as they are stored;
    times without a zone are UTC; bytes are hexadecimal.

    Raises:
        NotFound: the user.
    """
    separator = "[\n"
    async for record in export_account(app, user_id):
        text = json.dumps(_values(record), ensure_ascii=False, indent=2, default=_text_of)
        yield f"{separator}{text}".encode()
        separator = ",\n"
    yield b"\n]\n"


def _values(record: Any) -> dict[str, Any]:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {"kind": type(record).__name__.lower(), **values}


def _text_of(value: Any) -> str:
    match value:
        case bytes():
            return value.hex()
        case datetime():
            return iso(value)
        case _:
            return str(value)
