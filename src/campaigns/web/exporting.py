"""A user's data as one JSON file, written while it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any

import orjson

from campaigns.actions import export_account
from campaigns.app import App
from campaigns.records import Transcript

OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_INDENT_2


async def account_file(app: App, user_id: str) -> AsyncIterator[bytes]:
    """Yield a JSON list with one object for each record, `kind` first.

    Numbers with decimals are text, as exact as they are stored; bytes are hexadecimal.

    Raises:
        NotFound: the user.
    """
    separator = b"[\n"
    async for record in export_account(app, user_id):
        yield separator + orjson.dumps(_values(record), _text_of, OPTIONS)
        separator = b",\n"
    yield b"\n]\n"


def _values(record: Any) -> dict[str, Any]:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    if isinstance(record, Transcript) and record.document is not None:
        values["document"] = orjson.Fragment(record.document)
    return {"kind": type(record).__name__.lower(), **values}


def _text_of(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
