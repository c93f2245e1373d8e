"""Entities that a job left out because their tables have changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SkippedEntity:
    """One entity that a job did not come to its end with, while it did with others.

    Attributes:
        entity: the mapping's name.
        reason: how its table differs from what was installed.
    """

    entity: str
    reason: str
