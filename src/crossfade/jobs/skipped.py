"""Entities that a job skipped because their tables have changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SkippedEntity:
    """An entity that a job did not complete, while it completed others.

    Attributes:
        entity: the mapping's name.
        reason: how its table differs from what was installed.
    """

    entity: str
    reason: str
