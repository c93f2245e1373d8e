"""What moves together: the mappings of one application."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from crossfade.errors import ConfigurationError
from crossfade.mapping.declaration.mapping import Mapping, check_together


@dataclass(frozen=True)
class Application:
    """The mappings of one application.

    An application is found through the entry-point group ``crossfade.applications``.

    Args:
        mappings: one for each table.
        examples: for each mapping's name an example row, column to PostgreSQL's text; shown by the
            command line to explain keys and requests.

    Raises:
        ConfigurationError: two mappings share a name, or may give two rows one key.
    """

    mappings: tuple[Mapping, ...]
    examples: MappingOf[str, MappingOf[str, str | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_together(self.mappings)

    @cached_property
    def by_name(self) -> dict[str, Mapping]:
        """The mappings by name."""
        return {mapping.name: mapping for mapping in self.mappings}

    def choose(self, words: Sequence[str]) -> tuple[Mapping, ...]:
        """Return the mappings of these names or tables, each once; all of them for no word.

        Raises:
            ConfigurationError: there is no such mapping.
        """
        if not words:
            return self.mappings
        return tuple({found.name: found for found in map(self.find, words)}.values())

    def find(self, word: str) -> Mapping:
        """Return the mapping of this name or table.

        Raises:
            ConfigurationError: there is none.
        """
        for mapping in self.mappings:
            if word in {mapping.name, mapping.table, mapping.table.rpartition(".")[2]}:
                return mapping
        raise ConfigurationError(
            f"no mapping {word!r}; one of {', '.join(mapping.name for mapping in self.mappings)}"
        )
