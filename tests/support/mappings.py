"""Mappings that the tests of `crossfade.mapping` share."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from typing import Any

from crossfade.mapping import Body, Codec, Column, Mapping, Shape
from crossfade.mapping.state import BodyRef, Live


def key(field: str, template: str, casing: str = "none") -> dict[str, Any]:
    """Return a templated key in ElectroDB's JSON form."""
    composite = re.findall(r"\$\{(\w+)\}", template)
    return {"field": field, "composite": composite, "template": template, "casing": casing}


def table(pk: str, sk: str, casing: str = "none") -> dict[str, Any]:
    """Return the table's access pattern."""
    return {"pk": key("pk", pk, casing), "sk": key("sk", sk, casing)}


BY_ID = {"index": "gsi1", "pk": key("gsi1pk", "SESS#${sessionId}"), "sk": key("gsi1sk", "S")}
BY_NUMBER = {
    "index": "gsi2",
    "pk": key("gsi2pk", "CAMP#${campaignId}"),
    "sk": key("gsi2sk", "NUMBER#${number}"),
}

SESSION = Mapping(
    name="session",
    table="public.sessions",
    primary_key=("id",),
    columns=(
        Column("id", "text", attribute="sessionId", field="id", required=True),
        Column("user_id", "text", required=True),
        Column("campaign_id", "uuid"),
        Column("number", "integer"),
        Column("title", "text", required=True),
        Column("notes", "text"),
        Column("summary", "text"),
        Column("started_at", "timestamp(6) with time zone"),
        Column("tags", "text[]"),
        Column("is_starred", "boolean"),
    ),
    shapes=(
        Shape(
            "session",
            {
                "record": table("CAMP#${campaignId}", "SESS#${sessionId}"),
                "byId": BY_ID,
                "byNumber": BY_NUMBER,
            },
        ),
        Shape("unfiled", {"record": table("USER#${userId}", "SESS#${sessionId}"), "byId": BY_ID}),
    ),
    service="dm",
    bodies=(
        Body("transcript", "transcriptStorageKey", "transcripts"),
        Body("notes", "notesStorageKey", "notes", overflow_only=True),
        Body("summary", "summaryStorageKey", "summaries", overflow_only=True),
    ),
    version=4,
)

CAMPAIGN_ID = "0b9619ff-8b86-d011-b42d-00cf4fc964ff"

ROW: dict[str, str | None] = {
    "id": "s-1",
    "user_id": "u-1",
    "campaign_id": CAMPAIGN_ID,
    "number": "7",
    "title": "The Sunless Citadel",
    "notes": None,
    "summary": None,
    "started_at": "2026-03-01 18:30:00.5+00",
    "tags": "{kobolds,NULL}",
    "is_starred": "t",
}


def live(codec: Codec, version: int = 1, *bodies: BodyRef, **changes: str | None) -> Live:
    """Return the row above with some columns changed, as a source returns it."""
    return row_of({**ROW, **changes}, codec, version, *bodies)


def row_of(
    columns: MappingOf[str, str | None],
    codec: Codec | None = None,
    version: int = 1,
    *bodies: BodyRef,
) -> Live:
    """Return a row as a source does; a session unless another codec is given."""
    return Live((codec or Codec(SESSION)).key_of(columns), version, columns, bodies)
