"""The routes of the API and the document of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from campaigns.web.api import account, campaigns, people, sessions, shares, transcripts

DOCUMENT = Path(__file__).parents[2] / "docs" / "application.md"
PARTS = (account, campaigns, people, sessions, shares, transcripts)


def test_the_document_names_every_part_of_every_route_and_no_other() -> None:
    routes = [getattr(route, "path", "") for part in PARTS for route in part.router.routes]
    section = DOCUMENT.read_text().partition("## The API")[2].partition("\n## ")[0]
    written = re.findall(r"`(/[^`]*)`", section)
    assert parts(one for one in written if "api/v1" not in one) == parts(routes)
    assert "transcript" in parts(routes)


def parts(paths: Iterable[str]) -> set[str]:
    """Return the parts of paths that are not parameters, such as `sessions` and `share`."""
    return {part for path in paths for part in path.split("/") if part and part[0] != "{"}
