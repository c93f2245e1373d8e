"""The pages of keys: parked keys, and the history of one row."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from crossfade.mapping.state import Key, Row
from crossfade.postgres.monitoring.details import key_history, parked_page
from crossfade.rendering import key_text
from crossfade.web.dashboard.context import InContext, show
from crossfade.web.dashboard.parameters import (
    Parts,
    Text,
    key_json,
    key_of,
    mapping_of,
    primary_key,
    row_parts,
)
from crossfade.web.dashboard.row_history import folders, moments

router = APIRouter()

KEYS_MAX = 50


@router.get("/keys")
async def page(
    request: Request, context: InContext, after_entity: Text = "", after_key: Text = "[]"
) -> HTMLResponse:
    """Show the form for a row, and a page of parked keys."""
    after = key_of(after_entity, after_key) if after_entity else None
    parked = await parked_page(context.pool, after, KEYS_MAX + 1)
    return show(
        request,
        "keys.html.j2",
        mappings=sorted(context.application.by_name.values(), key=lambda one: one.name),
        parked=parked[:KEYS_MAX],
        rows={one: row_parts(context.application, Key(one.entity, one.key)) for one in parked},
        is_later=after is not None,
        last=parked[KEYS_MAX - 1] if len(parked) > KEYS_MAX else None,
        key_json=key_json,
    )


@router.get("/keys/row")
async def row(
    request: Request,
    context: InContext,
    entity: Text,
    part: Annotated[Parts, Query()] = [],  # noqa: B006 - FastAPI copies defaults
    key: Text = "",
) -> HTMLResponse:
    """Show the keys and the history of one row."""
    mapping = mapping_of(context.application, entity)
    row_key = primary_key(mapping, part, key)
    history = await key_history(context.pool, Row(mapping.name, row_key), folders(mapping, row_key))
    return show(
        request,
        "row.html.j2",
        mapping=mapping,
        name=key_text(row_key),
        history=history,
        moments=moments(history),
        key_json=key_json,
    )
