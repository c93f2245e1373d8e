"""The documentation names every rule, and its example is a sound mapping."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crossfade.mapping import Mapping, Rule, default_rule
from crossfade.mapping.declaration.rules import CONTROL_FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
ROWS = [line.strip("| \n").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_has_its_row_in_the_table(rule: Rule) -> None:
    assert [row for row in ROWS if row[1] == f"`{rule}`"], f"{rule} is missing in docs/mapping.md"


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row[1].startswith("`") and "by choice" not in row[0].split("; ")[0]],
    ids=lambda row: row[1],
)
def test_the_types_of_a_row_have_its_rule(row: list[str]) -> None:
    for type_name in re.findall(r"`([^`]+)`", row[0].split("; ")[0]):
        shown = "text[]" if type_name == "box" else type_name
        assert default_rule(shown) == row[1].strip("`")


def test_the_example_is_a_sound_mapping() -> None:
    example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    names: dict[str, object] = {}
    exec(example, names)  # noqa: S102 - our own documentation
    assert isinstance(names["SESSION"], Mapping)


def test_the_control_attributes_are_named() -> None:
    assert all(f"`{field}`" in PAGE for field in CONTROL_FIELDS - {"pk", "sk"})
