"""The documentation names every rule, and its example is a sound mapping."""

from __future__ import annotations

import re
from pathlib import Path

from crossfade.mapping import Mapping, Rule, default_rule
from crossfade.mapping.declaration.rules import CONTROL_FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
ROWS = [line.strip("| \n").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]


def test_every_rule_has_its_row_in_the_table() -> None:
    assert sorted(row[1].strip("`") for row in ROWS if row[1].startswith("`")) == sorted(Rule)


def test_the_types_of_a_row_have_its_rule() -> None:
    documented = {
        "text[]" if name == "box" else name: row[1].strip("`")
        for row in ROWS
        if row[1].startswith("`") and "by choice" not in row[0].split("; ")[0]
        for name in re.findall(r"`([^`]+)`", row[0].split("; ")[0])
    }
    assert documented == {name: default_rule(name) for name in documented}
    assert set(documented.values()) == set(Rule) - {Rule.DOCUMENT}


def test_the_example_is_a_sound_mapping() -> None:
    example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    names: dict[str, object] = {}
    exec(example, names)  # noqa: S102 - our own documentation
    assert isinstance(names["SESSION"], Mapping)


def test_the_control_attributes_are_named() -> None:
    fields = {"cf_v", "cf_m", "cf_deleted", "__edb_e__", "__edb_v__"}
    assert fields | {"pk", "sk"} == CONTROL_FIELDS
    assert fields <= set(re.findall(r"`(\w+)`", PAGE))
