"""The parts into which an entity's keys are divided to record which of them were compared."""

from __future__ import annotations

COVERAGE_PARTS = 256
"""Parts per entity; a key's part is the hash of its item key modulo this."""
