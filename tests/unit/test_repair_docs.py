"""docs/repair.md agrees with the code."""

from __future__ import annotations

import re
from pathlib import Path

from crossfade.testing.corruption.corruption import Corruption

TEXT = (Path(__file__).parents[2] / "docs" / "repair.md").read_text("utf-8")


def test_every_class_of_corruption_is_documented() -> None:
    rows = re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(named) == sorted(Corruption)
    assert f"in {len(Corruption)} ways" in TEXT
