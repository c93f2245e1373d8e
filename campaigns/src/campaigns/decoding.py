"""Location of msgspec's validation errors."""

from __future__ import annotations

import msgspec


def path_of(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return the path of the invalid field and the expected type; neither contains a value."""
    # The message ends with the path, as in: - at `$.sessions[0].name`
    expected, _, path = str(error).partition(" - at ")
    return path.strip("`").removeprefix("$").removeprefix(".") or "the top level", expected
