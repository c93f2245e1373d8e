"""The public conversions: ``entity.conversions.from_composite.to_keys(...)`` and its kin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.model.model import Model
from crossfade.entity.requests import cursor
from crossfade.entity.requests.conversions import composites_from_keys, key_from_composites
from crossfade.entity.requests.index_choice import missing_pattern
from crossfade.entity.schema.declarations import IndexType

Strictness = Literal["none", "pk", "all"]


@dataclass(frozen=True, slots=True)
class FromComposite:
    """From attributes to keys and cursors; of all indexes unless one is named."""

    model: Model
    index: IndexForm | None = None

    def to_keys(
        self, composites: Mapping[str, Any], *, strict: Strictness = "none"
    ) -> dict[str, Any]:
        """The key fields that these attributes make.

        Args:
            composites: attributes by name.
            strict: ``none`` renders as far as possible, ``pk`` demands whole partition keys,
                ``all`` whole keys of the table too (and of the index, if one is named).

        Raises:
            EntityError: 2009 for no attributes, 2002 for missing ones.
        """
        _demand(composites, Code.INVALID_CONVERSION_COMPOSITE_PROVIDED)
        whole_pk = strict in ("pk", "all")
        keys: dict[str, Any] = {}
        for form in self._forms():
            whole_sk = strict == "all" and (not form.index or self.index is not None)
            keys.update(
                key_from_composites(
                    self.model, form, composites, whole_pk=whole_pk, whole_sk=whole_sk
                )
            )
        return keys

    def to_cursor(self, composites: Mapping[str, Any], *, strict: Strictness = "all") -> str:
        """The cursor of the item with these attributes."""
        return cursor.encode(self.to_keys(composites, strict=strict))

    def _forms(self) -> tuple[IndexForm, ...]:
        if self.index is None:
            return tuple(self.model.indexes.values())
        table = self.model.table_index
        return (self.index,) if self.index is table else (self.index, table)


@dataclass(frozen=True, slots=True)
class FromKeys:
    """From key fields to attributes and cursors."""

    model: Model
    index: IndexForm | None = None

    def to_composite(self, keys: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes in these key fields, in the keys' letter case.

        Raises:
            EntityError: 2007 when keys are missing or of another form.
        """
        _demand(keys, Code.INVALID_CONVERSION_KEYS_PROVIDED)
        forms = (self.index,) if self.index else tuple(self.model.indexes.values())
        found: dict[str, Any] = {}
        for form in forms:
            found = {**composites_from_keys(self.model, form, keys), **found}
        return found

    def to_cursor(self, keys: Mapping[str, Any]) -> str:
        """The cursor made of these key fields."""
        _demand(keys, Code.INVALID_CONVERSION_KEYS_PROVIDED)
        missing = [field for field in self._needed_fields() if field not in keys]
        if missing:
            raise EntityError(
                Code.INVALID_CONVERSION_KEYS_PROVIDED, f"the keys lack {', '.join(missing)}"
            )
        return cursor.encode(keys)

    def _needed_fields(self) -> list[str]:
        """The fields that a cursor of one access pattern needs."""
        if self.index is None:
            return []
        fields = [key.field for key in (*self.model.table_index.keys, *self.index.keys)]
        if self.index.type is IndexType.COMPOSITE:
            fields += [self.model.attributes[name].field for name in self.index.pk.names]
        return [field for field in fields if field]


@dataclass(frozen=True, slots=True)
class FromCursor:
    """From cursors to key fields and attributes."""

    model: Model
    index: IndexForm | None = None

    def to_keys(self, text: str) -> dict[str, Any]:
        """The key fields in a cursor.

        Raises:
            EntityError: 2008 when it is no text, 4001 when it cannot be read.
        """
        if not text:
            raise EntityError(
                Code.INVALID_CONVERSION_CURSOR_PROVIDED, "a cursor is a text that is not empty"
            )
        return cursor.decode(text)

    def to_composite(self, text: str) -> dict[str, Any]:
        """The attributes in a cursor, in the keys' letter case."""
        return FromKeys(self.model, self.index).to_composite(self.to_keys(text))


@dataclass(frozen=True, slots=True)
class Conversions:
    """All conversions of an entity, or of one of its access patterns."""

    model: Model
    index: IndexForm | None = None

    @property
    def from_composite(self) -> FromComposite:
        """From attributes."""
        return FromComposite(self.model, self.index)

    @property
    def from_keys(self) -> FromKeys:
        """From key fields."""
        return FromKeys(self.model, self.index)

    @property
    def from_cursor(self) -> FromCursor:
        """From cursors."""
        return FromCursor(self.model, self.index)

    def by_access_pattern(self, name: str) -> Conversions:
        """The conversions of one access pattern, which also include the table's keys.

        Raises:
            EntityError: 1026 when it is not declared.
        """
        if name not in self.model.indexes:
            raise missing_pattern(self.model, name)
        return Conversions(self.model, self.model.indexes[name])


def _demand(given: Mapping[str, Any], code: Code) -> None:
    if not given:
        raise EntityError(code, "nothing to convert was given")
