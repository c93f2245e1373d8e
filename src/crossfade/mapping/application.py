"""The mappings of one application, which are migrated together."""

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
        mappings: one per table.
        examples: an example row per mapping name, as column to PostgreSQL's text; the command line
            explains keys and requests with it.

    Raises:
        ConfigurationError: two mappings share a name, or may give two rows the same key.
    """

    mappings: tuple[Mapping, ...]
    examples: MappingOf[str, MappingOf[str, str | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_together(self.mappings)

    @cached_property
    def by_name(self) -> dict[str, Mapping]:
        """Return the mappings by name."""
        return {mapping.name: mapping for mapping in self.mappings}

    def choose(self, names: Sequence[str]) -> tuple[Mapping, ...]:
        """Return the mappings with these names or tables, without repetition; all for no name.

        Raises:
            ConfigurationError: no mapping has one of these names.
        """
        if not names:
            return self.mappings
        return tuple({found.name: found for found in map(self.find, names)}.values())

    def find(self, name: str) -> Mapping:
        """Return the mapping with this name or table.

        Args:
            name: the mapping's name, or its table's, with or without the schema.

        Raises:
            ConfigurationError: no mapping has this name.
        """
        for mapping in self.mappings:
            if name in {mapping.name, mapping.table, mapping.table.rpartition(".")[2]}:
                return mapping
        names = ", ".join(mapping.name for mapping in self.mappings)
        raise ConfigurationError(f"no mapping {name!r}; use one of {names}")
