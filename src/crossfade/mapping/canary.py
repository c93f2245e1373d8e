"""The canary: a row of Crossfade that is delivered like any other, to measure delivery. Pure.

It is in the ledger and in the target's table, but not among the application's mappings, so that the
application's counts exclude it.
"""

from __future__ import annotations

from typing import Any

from crossfade.mapping.declaration.mapping import Column, Mapping, Shape
from crossfade.mapping.declaration.shape_rules import key_field_names

ENTITY = "crossfade_canary"
"""The canary's entity in the ledger and in ElectroDB."""
CANARY = "canary"
"""The primary key of the only row."""
PREFIX = "CROSSFADE"


def canary_mapping(key_fields: tuple[str, ...] = ("pk", "sk")) -> Mapping:
    """Return the canary's mapping to a table with these key fields, partition key first.

    The item's key is ``CROSSFADE#canary``, with the sort key ``CANARY`` where the table has one.
    """
    partition, *sort = key_fields
    keys = {"pk": _key(partition, f"{PREFIX}#${{canary}}", ["canary"])}
    if sort:
        keys["sk"] = _key(sort[0], "CANARY", [])
    return Mapping(
        name=ENTITY,
        table="crossfade.canary",
        primary_key=("canary",),
        columns=(
            Column("canary", "text", required=True),
            Column("beaten_at", "timestamp with time zone", required=True),
        ),
        shapes=(Shape(ENTITY, {"record": keys}),),
        service="crossfade",
        ignored=("previous_at",),
    )


def canary_for(mappings: tuple[Mapping, ...]) -> Mapping:
    """Return the canary's mapping to the table of these mappings."""
    return (
        canary_mapping(key_field_names(mappings[0].entities[0])) if mappings else canary_mapping()
    )


def _key(field: str, template: str, composite: list[str]) -> dict[str, Any]:
    return {"field": field, "composite": composite, "template": template, "casing": "none"}
