"""The collections of a service, and the checks of their entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.keys.forms import IndexForm, KeyForm
from crossfade.entity.model.model import Model
from crossfade.entity.schema.declarations import IndexType


@dataclass(frozen=True, slots=True)
class Member:
    """An entity in a collection, with the index that it shares."""

    alias: str
    model: Model
    index: IndexForm


@dataclass(frozen=True, slots=True)
class Collection:
    """Entities that share the partitions of an index.

    Args:
        name: the collection's name.
        members: the entities in order of declaration; requests use the first one's index.
        shared: the sort key's leading composites that all members share.
    """

    name: str
    members: tuple[Member, ...]
    shared: tuple[str, ...]

    @property
    def index(self) -> IndexForm:
        """Return the first member's index."""
        return self.members[0].index

    @property
    def path(self) -> tuple[str, ...]:
        """Return the sub-collections from the widest to this one."""
        names = self.index.collections
        return names[: names.index(self.name) + 1]


def collections_of(models: Mapping[str, Model]) -> dict[str, Collection]:
    """Return every collection of a service, by name.

    Raises:
        EntityError: 1013 if entities are incompatible.
    """
    _check_service(models)
    members: dict[str, list[Member]] = {}
    for alias, model in models.items():
        for index in model.indexes.values():
            for name in index.collections:
                members.setdefault(name, []).append(Member(alias, model, index))
    return {name: _joined(name, found) for name, found in members.items()}


def _bad_join(alias: str, rule: str) -> EntityError:
    return EntityError(Code.INVALID_JOIN, f"{alias} cannot join: {rule}")


def _check_service(models: Mapping[str, Model]) -> None:
    first = next(iter(models.values()), None)
    for alias, model in models.items():
        if first and model.schema.service.lower() != first.schema.service.lower():
            raise _bad_join(
                alias,
                f"its service is {model.schema.service!r}, the others' {first.schema.service!r}",
            )


def _joined(name: str, members: list[Member]) -> Collection:
    first, *others = members
    if first.index.type is not IndexType.ISOLATED and len(first.index.collections) > 1:
        raise _bad_join(first.alias, f"a {first.index.type} index can have one collection only")
    for member in others:
        differences = list(_differences(name, first, member))
        if differences:
            raise _bad_join(member.alias, f"in collection {name!r} {'; '.join(differences)}")
    return Collection(name, tuple(members), _shared(members))


def _differences(name: str, first: Member, member: Member) -> Iterator[str]:
    """Yield the differences of a member from the first one that prevent joining."""
    left, right = first.index, member.index
    if left.index != right.index:
        yield f"the index is {right.index!r}, not {left.index!r}"
    if left.type is not right.type:
        yield f"the index is {right.type}, not {left.type}"
    if left.scope != right.scope:
        yield "the scope differs"
    if _projection(left) != _projection(right):
        yield "the projection differs"
    if _path(name, left) != _path(name, right):
        yield "the order of sub-collections differs"
    yield from _key_differences(first, member)
    yield from _attribute_differences(first, member)


def _projection(index: IndexForm) -> object:
    projection = index.projection
    if projection is None or isinstance(projection, str):
        return (projection or "all").lower()
    return "include"


def _path(name: str, index: IndexForm) -> tuple[str, ...]:
    return index.collections[: index.collections.index(name) + 1]


def _key_differences(first: Member, member: Member) -> Iterator[str]:
    left, right = first.index, member.index
    if left.pk.field != right.pk.field:
        yield f"the partition key's field is {right.pk.field!r}, not {left.pk.field!r}"
    if _labels(first, left.pk) != _labels(member, right.pk):
        yield "the partition key's composites differ in name, label, order or number"
    yield from _form_differences("partition", left.pk, right.pk)
    if left.sk and right.sk:
        yield from _form_differences("sort", left.sk, right.sk)
        if left.type is not IndexType.ISOLATED:
            yield from _sort_label_differences(first, member, left.sk, right.sk)


def _form_differences(kind: str, left: KeyForm, right: KeyForm) -> Iterator[str]:
    if left.templated is not right.templated:
        yield f"one {kind} key is a template, the other is not"
    if left.casing is not right.casing:
        yield f"the casing of the {kind} key differs"


def _sort_label_differences(
    first: Member, member: Member, left: KeyForm, right: KeyForm
) -> Iterator[str]:
    for (name, label), (other_name, other_label) in zip(
        _labels(first, left), _labels(member, right), strict=False
    ):
        if name != other_name:
            return
        if label != other_label:
            yield f"the sort key's label of {name} differs"


def _labels(member: Member, key: KeyForm) -> list[tuple[str, str]]:
    """Return the key's parts: each composite's wire name and its label or literal."""
    attributes = member.model.attributes
    return [(attributes[part.name].name if part.name else "", part.label) for part in key.parts]


def _attribute_differences(first: Member, member: Member) -> Iterator[str]:
    known = first.model.attributes
    for name, attribute in member.model.attributes.items():
        other = known.get(name)
        if other is None:
            continue
        if other.field != attribute.field:
            yield f"the attribute {name} has a different field"
        if other.padding != attribute.padding and name in member.index.pk.names:
            yield f"the padding of {name} differs"


def _shared(members: list[Member]) -> tuple[str, ...]:
    """Return the leading sort composites that all members share, with the same labels."""
    keys = [member.index.sk for member in members]
    first = keys[0]
    if first is None:
        return ()
    shared = []
    parts = [_labels(member, key) for member, key in zip(members, keys, strict=True) if key]
    for part, *aligned in zip(first.parts, *parts, strict=False):
        if not part.name or any(other != aligned[0] for other in aligned):
            break
        shared.append(part.name)
    return tuple(shared)
