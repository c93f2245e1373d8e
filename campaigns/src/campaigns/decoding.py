"""What msgspec says about a document of the wrong shape, in our terms."""

from __future__ import annotations

import msgspec


def path_of(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return the path of what is wrong, and what was expected there; neither has a value in it."""
    # The message ends with the place, as in: - at `$.sessions[0].name`
    expected, _, path = str(error).partition(" - at ")
    return path.strip("`").removeprefix("$").removeprefix(".") or "the top level", expected
