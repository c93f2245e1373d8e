"""Functions written out as Python source, once, when an entity is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Source:
    """The lines of one function, and the objects that they name.

    Only quoted names and bound objects go into the text, never a value of the caller's data.

    Args:
        name: the function's name.
        parameters: its parameters, as text.
    """

    def __init__(self, name: str, parameters: str) -> None:
        self._name = name
        self._lines = [f"def {name}({parameters}):"]
        self._scope: dict[str, Any] = {}
        self._depth = 1

    @property
    def text(self) -> str:
        """The source so far."""
        return "\n".join(self._lines)

    def line(self, text: str) -> None:
        """Add a line."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Add a line and, indented, those that are added meanwhile."""
        self.line(opening)
        self._depth += 1
        yield
        self._depth -= 1

    def bound(self, value: object, name: str) -> str:
        """A name by which the function knows an object; `name` with a number."""
        found = f"{name}_{len(self._scope)}"
        self._scope[found] = value
        return found

    def function(self) -> Callable[..., Any]:
        """The function."""
        exec(self.text, self._scope)  # noqa: S102 - only quoted names and bound objects go in
        function: Callable[..., Any] = self._scope[self._name]
        return function
