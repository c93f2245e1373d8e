"""The public conversions, such as ``entity.conversions.from_composite.to_keys(…)``."""

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
    """Conversions of attributes to keys and cursors, for all indexes unless one is selected."""

    model: Model
    index: IndexForm | None = None

    def to_keys(
        self, composites: Mapping[str, Any], *, strict: Strictness = "none"
    ) -> dict[str, Any]:
        """Return the key fields for these attributes.

        Args:
            composites: attributes by name.
            strict: ``none`` renders keys up to the first absent composite; ``pk`` requires
                complete partition keys; ``all`` requires complete keys of the table too, and of
                the index if one is selected.

        Raises:
            EntityError: 2009 for no attributes, 2002 for missing ones.
        """
        _require(composites, Code.INVALID_CONVERSION_COMPOSITE_PROVIDED)
        complete_pk = strict in ("pk", "all")
        keys: dict[str, Any] = {}
        for form in self._forms():
            complete_sk = strict == "all" and (not form.index or self.index is not None)
            keys.update(
                key_from_composites(
                    self.model, form, composites, complete_pk=complete_pk, complete_sk=complete_sk
                )
            )
        return keys

    def to_cursor(self, composites: Mapping[str, Any], *, strict: Strictness = "all") -> str:
        """Return the cursor of the item with these attributes.

        Raises:
            EntityError: 2009 for no attributes, 2002 for missing ones.
        """
        return cursor.encode(self.to_keys(composites, strict=strict))

    def _forms(self) -> tuple[IndexForm, ...]:
        if self.index is None:
            return tuple(self.model.indexes.values())
        table = self.model.table_index
        return (self.index,) if self.index is table else (self.index, table)


@dataclass(frozen=True, slots=True)
class FromKeys:
    """Conversions of key fields to attributes and cursors."""

    model: Model
    index: IndexForm | None = None

    def to_composite(self, keys: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes in these key fields, in the keys' letter case.

        Raises:
            EntityError: 2007 if keys are missing or of another form.
        """
        _require(keys, Code.INVALID_CONVERSION_KEYS_PROVIDED)
        forms = (self.index,) if self.index else tuple(self.model.indexes.values())
        found: dict[str, Any] = {}
        for form in forms:
            found = {**composites_from_keys(self.model, form, keys), **found}
        return found

    def to_cursor(self, keys: Mapping[str, Any]) -> str:
        """Return the cursor of these key fields.

        Raises:
            EntityError: 2007 if key fields of the selected index are missing.
        """
        _require(keys, Code.INVALID_CONVERSION_KEYS_PROVIDED)
        missing = [field for field in self._required_fields() if field not in keys]
        if missing:
            raise EntityError(
                Code.INVALID_CONVERSION_KEYS_PROVIDED, f"the keys lack {', '.join(missing)}"
            )
        return cursor.encode(keys)

    def _required_fields(self) -> list[str]:
        """Return the fields that a cursor of the selected index needs."""
        if self.index is None:
            return []
        fields = [key.field for key in (*self.model.table_index.keys, *self.index.keys)]
        if self.index.type is IndexType.COMPOSITE:
            fields += [self.model.attributes[name].field for name in self.index.pk.names]
        return [field for field in fields if field]


@dataclass(frozen=True, slots=True)
class FromCursor:
    """Conversions of cursors to key fields and attributes."""

    model: Model
    index: IndexForm | None = None

    def to_keys(self, text: str) -> dict[str, Any]:
        """Return the key fields in a cursor.

        Raises:
            EntityError: 2008 if it is empty, 4001 if it cannot be decoded.
        """
        if not text:
            raise EntityError(
                Code.INVALID_CONVERSION_CURSOR_PROVIDED,
                "a cursor must be a string that is not empty",
            )
        return cursor.decode(text)

    def to_composite(self, text: str) -> dict[str, Any]:
        """Return the attributes in a cursor, in the keys' letter case.

        Raises:
            EntityError: 2008 or 4001 for the cursor, 2007 for its keys.
        """
        return FromKeys(self.model, self.index).to_composite(self.to_keys(text))


@dataclass(frozen=True, slots=True)
class Conversions:
    """The conversions of an entity, or of one of its access patterns."""

    model: Model
    index: IndexForm | None = None

    @property
    def from_composite(self) -> FromComposite:
        """Return the conversions of attributes."""
        return FromComposite(self.model, self.index)

    @property
    def from_keys(self) -> FromKeys:
        """Return the conversions of key fields."""
        return FromKeys(self.model, self.index)

    @property
    def from_cursor(self) -> FromCursor:
        """Return the conversions of cursors."""
        return FromCursor(self.model, self.index)

    def by_access_pattern(self, name: str) -> Conversions:
        """Return the conversions of one access pattern, which also include the table's keys.

        Raises:
            EntityError: 1026 if it is not declared.
        """
        if name not in self.model.indexes:
            raise missing_pattern(self.model, name)
        return Conversions(self.model, self.model.indexes[name])


def _require(given: Mapping[str, Any], code: Code) -> None:
    if not given:
        raise EntityError(code, "there is nothing to convert")
