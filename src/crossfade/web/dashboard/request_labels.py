"""The titles of operators' requests. Pure."""

from __future__ import annotations

from typing import assert_never

from crossfade.mapping.state import Key
from crossfade.operations.requests import Repair, Reveal, Task, Unpark, Verify


def described(task: Task) -> str:
    """Return the title of a task."""
    match task:
        case Verify():
            scope = ", ".join(task.entities) or "everything"
            return f"Verify {scope}{', deep' if task.is_deep else ''}"
        case Repair():
            scope = "every open finding" if task.finding is None else f"finding {task.finding}"
            return f"Repair {scope}"
        case Unpark():
            return f"Un-park {_scope(task)}"
        case Reveal():
            return f"Reveal {Key(task.entity, task.key)}"
        case _:
            assert_never(task)


def _scope(task: Unpark) -> str:
    if task.entity is None:
        return "every parked key"
    if task.key is None:
        return f"the parked keys of {task.entity}"
    return str(Key(task.entity, task.key))
