"""What an action raises. No message carries a value that somebody wrote, only names and kinds."""

from __future__ import annotations

from dataclasses import dataclass


class CampaignsError(Exception):
    """The base of every error an action raises."""


class NotFound(CampaignsError):
    """It does not exist, or belongs to somebody else; the two look the same."""

    def __init__(self, entity: str) -> None:
        super().__init__(f"{entity}: not found; take an id from the list of your own")
        self.entity = entity


class Conflict(CampaignsError):
    """The change contradicts what is stored.

    Attributes:
        field: the field that clashes; ``expected_revision`` when somebody else was faster.
        kind: what is wrong with it.
        remedy: what to do.
        current_revision: the stored revision when the expected one is not it, else None.
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
    """One thing wrong with an input.

    Attributes:
        field: the field, with positions in lists, such as ``tags.3``.
        kind: what was given, never its value.
        remedy: what is accepted.
    """

    field: str
    kind: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.kind}; {self.remedy}"


class Invalid(CampaignsError):
    """The input cannot be accepted; `problems` has one entry for each thing wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Unavailable(CampaignsError):
    """PostgreSQL cannot take the request now; nothing was changed unless the connection broke.

    When the connection breaks during a commit, the change may have happened: read before repeating.
    """
