"""The generated function makes the usual items and leaves the unusual ones to the general one."""

from __future__ import annotations

from typing import Any

import pytest

from crossfade.mapping.codec.item_codegen import item_function
from crossfade.mapping.codec.key_encoding import Texts
from crossfade.mapping.codec.shapes import shape_plans
from support.mappings import ROW, SESSION

FILED, UNFILED = shape_plans(SESSION)
LEFT: dict[str, Any] = {"left": {"S": "to the general function"}}


def general(_: Texts) -> dict[str, Any]:
    return LEFT


def test_a_usual_row_is_written_with_what_it_has() -> None:
    item = item_function(FILED, SESSION.columns, general)({**ROW, "number": None})
    assert item["pk"] == {"S": f"CAMP#{ROW['campaign_id']}"}
    assert item["__edb_e__"] == {"S": "session"}
    assert item["title"] == {"S": ROW["title"]}
    assert "number" not in item


def test_each_shape_has_its_own_keys() -> None:
    item = item_function(UNFILED, SESSION.columns, general)({**ROW, "campaign_id": None})
    assert item["pk"] == {"S": f"USER#{ROW['user_id']}"}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "i" * 300},
        {"id": None},
        {"title": None},
        {"started_at": "yesterday"},
    ],
)
def test_an_unusual_row_is_left_to_the_general_function(changes: dict[str, str | None]) -> None:
    assert item_function(FILED, SESSION.columns, general)({**ROW, **changes}) is LEFT


def test_a_table_of_one_column_is_left_to_the_general_function() -> None:
    assert item_function(FILED, SESSION.columns[:1], general) is general
