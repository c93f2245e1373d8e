"""The parts of an entity's keys of which coverage is recorded: by verification, for the gates."""

from __future__ import annotations

COVERAGE_PARTS = 256
"""How many parts there are; a key's part is the hash of its item key modulo this."""
