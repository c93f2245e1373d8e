"""References to attributes inside `where` and `data` callbacks: ``a.contact.phones[0]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crossfade.entity.errors import Code, EntityError, kind_of
from crossfade.entity.expressions.placeholders import Placeholders
from crossfade.entity.javascript import is_numeric, scalar_text
from crossfade.entity.keys.forms import IndexForm
from crossfade.entity.schema.declarations import Attribute, Casing, Type
from crossfade.entity.values.transforms import Siblings, Transform

_STEP = re.compile(r"[^.\[\]]+")
_TEXT_TYPES = (Type.STRING, Type.ENUM)


class Ref(str):
    """A part of an expression, returned by an operation; usable in text and as an operand."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path: the wire name and the field."""

    name: str
    field: str


@dataclass(frozen=True, slots=True)
class Location:
    """An attribute's path in an expression, ``#contact.#phone``, and in wire names."""

    expression: str
    path: str


@dataclass(frozen=True, slots=True)
class KeyText:
    """The template text around an attribute whose field is a key, and the key's letter case."""

    prefix: str = ""
    postfix: str = ""
    casing: Casing = Casing.DEFAULT

    @property
    def has_literals(self) -> bool:
        """Return whether there is text around the value."""
        return bool(self.prefix or self.postfix)


def key_reader(read: Transform, key_text: KeyText) -> Transform:
    """Return an attribute's reader that first removes the template text of its key."""
    if not key_text.has_literals:
        return read
    prefix, postfix = key_text.prefix.lower(), key_text.postfix.lower()

    def read_without_template(value: Any, siblings: Siblings) -> Any:
        if isinstance(value, str) and len(value) > len(prefix):
            if value.lower().startswith(prefix):
                value = value[len(prefix) :]
            if postfix and value.lower().endswith(postfix):
                value = value[: -len(postfix)]
        return read(value, siblings)

    return read_without_template


_PLAIN = KeyText()


@dataclass(frozen=True, slots=True)
class Target:
    """An attribute and the path to it."""

    attribute: Attribute
    steps: tuple[Step, ...]
    key_text: KeyText = _PLAIN

    def child(self, name: str) -> Target:
        """Return the child with this name, or the element with this number.

        Raises:
            EntityError: 1012 if there is none.
        """
        parent = self.attribute
        found: Attribute | None = parent
        field = name
        if parent.type is Type.ANY:
            field = parent.field if parent.name == name else name
        elif parent.type in (Type.LIST, Type.SET):
            found = parent.items if is_numeric(name) else None
        else:
            found = parent.properties.get(name)
            name, field = (found.name, found.field) if found else (name, "")
        if found is None:
            raise EntityError(
                Code.INVALID_WHERE, f"{self.dotted()} has no child {name!r} in the schema"
            )
        return Target(found, (*self.steps, Step(name, field)))

    def dotted(self) -> str:
        """Return the path as text, for messages."""
        return ".".join(step.name for step in self.steps)

    def locate(self, placeholders: Placeholders) -> Location:
        """Add the placeholders of the path to an expression, and return its location there."""
        expression = path = ""
        for step in self.steps:
            safe = placeholders.format(step.name)
            if path and is_numeric(safe):
                expression, path = f"{expression}[{safe}]", f"{path}[{step.name}]"
                continue
            placeholders.enter(f"#{safe}", step.field)
            dot = "." if path else ""
            expression, path = f"{expression}{dot}#{safe}", f"{path}{dot}{step.name}"
        return Location(expression, path)

    def operand(self, value: Any) -> Any:
        """Return a value as operand: string attributes are compared with text, keys with key text.

        Raises:
            EntityError: 3001 if a string attribute is compared with a value that has no text.
        """
        if self.attribute.type not in _TEXT_TYPES or value is None:
            return value
        text = scalar_text(value, self.dotted())
        text = f"{self.key_text.prefix}{text}{self.key_text.postfix}"
        match self.key_text.casing:
            case Casing.LOWER:
                return text.lower()
            case Casing.UPPER:
                return text.upper()
            case _:
                return text


class Reference:
    """The reference to an attribute in a callback; children are attributes or subscripts of it."""

    __slots__ = ("_target",)

    def __init__(self, target: Target) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Reference:
        if name.startswith("__"):
            raise AttributeError(name)
        return Reference(self._target.child(name))

    def __getitem__(self, name: str | int) -> Reference:
        return Reference(self._target.child(str(name)))


def target_of(reference: object) -> Target:
    """Return the target of a reference.

    Raises:
        EntityError: 1012 if it is not a `Reference`.
    """
    if isinstance(reference, Reference):
        return reference._target  # noqa: SLF001 - private, so that no attribute's name clashes
    raise EntityError(
        Code.INVALID_WHERE,
        f"an operation takes an attribute of the first argument, not {kind_of(reference)}",
    )


class References(Mapping[str, Reference]):
    """References to the root attributes, for a callback: ``a.name`` or ``a["name"]``."""

    __slots__ = ("_targets",)

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self._targets = targets

    def __getattr__(self, name: str) -> Reference:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Reference:
        target = self._targets.get(name)
        if target is None:
            raise EntityError(
                Code.INVALID_WHERE,
                f"{name!r} is not an attribute of this entity; check the spelling",
            )
        return Reference(target)

    def __contains__(self, name: object) -> bool:
        return name in self._targets

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)


def root_targets(
    attributes: Mapping[str, Attribute],
    indexes: Mapping[str, IndexForm],
    casings: Mapping[str, Casing],
) -> dict[str, Target]:
    """Return every root attribute as a target; `casings` are the declared ones of key fields."""
    key_texts = _key_texts(indexes, casings)
    return {
        name: Target(
            attribute,
            (Step(attribute.name, attribute.field),),
            key_texts.get(attribute.field, _PLAIN),
        )
        for name, attribute in attributes.items()
    }


def _key_texts(
    indexes: Mapping[str, IndexForm], casings: Mapping[str, Casing]
) -> dict[str, KeyText]:
    """Return the text around the attribute in each key field; the last declared key applies."""
    texts: dict[str, KeyText] = {}
    for form in indexes.values():
        for key in form.keys:
            if key.field and key.templated:
                named = [part.literal for part in key.parts if part.name]
                tail = [part.literal for part in key.parts if not part.name]
                texts[key.field] = KeyText(
                    "".join(named[:1]), "".join(tail), casings.get(key.field, Casing.DEFAULT)
                )
    return texts


def path_steps(path: str) -> tuple[str, ...]:
    """Return the steps of a path written as text: ``contact.phones[0]``."""
    return tuple(_STEP.findall(path))
