"""Errors of actions. No message contains a user's value, only names and kinds."""

from __future__ import annotations

from dataclasses import dataclass


class CampaignsError(Exception):
    """The base of the errors that actions raise."""


class NotFound(CampaignsError):
    """The record does not exist or belongs to another user, without distinction."""

    def __init__(self, entity: str) -> None:
        super().__init__(f"{entity}: not found; use an id from your own list")
        self.entity = entity


class Conflict(CampaignsError):
    """The change contradicts what is stored.

    Attributes:
        field: the field in conflict; ``expected_revision`` for an outdated revision.
        kind: what is wrong with it.
        remedy: what to do.
        current_revision: the stored revision if the expected one is outdated, else None.
    """

    def __init__(
        self, field: str, kind: str, remedy: str, current_revision: int | None = None
    ) -> None:
        super().__init__(f"{field}: {kind}; {remedy}")
        self.field = field
        self.kind = kind
        self.remedy = remedy
        self.current_revision = current_revision


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of an input.

    Attributes:
        field: the field, with positions in lists, such as ``tags.3``.
        kind: a description of the given value, never the value itself.
        remedy: what is accepted.
    """

    field: str
    kind: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.kind}; {self.remedy}"


class Invalid(CampaignsError):
    """The input is invalid; `problems` has one entry per problem."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Unavailable(CampaignsError):
    """PostgreSQL is not available; nothing was changed, unless the connection broke.

    If the connection broke during the commit, the change may be committed: read before retrying.
    """
