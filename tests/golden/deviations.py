"""The recorded vectors that we knowingly answer differently, each with the reason."""

from __future__ import annotations

DEVIATIONS: dict[str, str] = {}
