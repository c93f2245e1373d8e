"""A builder for functions that are generated as Python source when an entity is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class FunctionBuilder:
    """The source lines of one function, and the objects that they name.

    The source contains only quoted names and the names of bound objects, never caller data.

    Args:
        name: the function's name.
        parameters: its parameter list, as source.
    """

    def __init__(self, name: str, parameters: str) -> None:
        self._name = name
        self._lines = [f"def {name}({parameters}):"]
        self._scope: dict[str, Any] = {}
        self._depth = 1

    @property
    def source(self) -> str:
        """Return the source so far."""
        return "\n".join(self._lines)

    def line(self, text: str) -> None:
        """Add a line at the current indentation."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Add a line, and indent the lines added inside the context."""
        self.line(opening)
        self._depth += 1
        yield
        self._depth -= 1

    def bind(self, value: object, name: str) -> str:
        """Make an object available to the function; return its name there, `name` and a number."""
        unique = f"{name}_{len(self._scope)}"
        self._scope[unique] = value
        return unique

    def build(self) -> Callable[..., Any]:
        """Compile the source and return the function."""
        exec(self.source, self._scope)  # noqa: S102 - the source holds quoted and bound names only
        function: Callable[..., Any] = self._scope[self._name]
        return function
