"""The API's routes and what is written of them."""

from __future__ import annotations

import re
from pathlib import Path

from campaigns.web.api import account, campaigns, people, sessions, shares, transcripts

DOCUMENT = Path(__file__).parents[2] / "docs" / "application.md"
PARTS = (account, campaigns, people, sessions, shares, transcripts)


def test_every_route_that_is_written_of_exists_and_none_is_left_out() -> None:
    routes = {getattr(route, "path", "") for part in PARTS for route in part.router.routes}
    section = DOCUMENT.read_text().partition("## The API")[2].partition("\n## ")[0]
    written = set(re.findall(r"`(/[^`]*)`", section))
    assert all(any(one in route for route in routes) for one in written if "api/v1" not in one)
    assert all(any(one in route for one in written) for route in routes)
