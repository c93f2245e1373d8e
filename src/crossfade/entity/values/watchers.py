"""The order in which setters and getters run, as in ElectroDB: those of watchers run last.

A watcher is an attribute with `watch`. Its setter or getter runs if a watched attribute is present,
and receives the results of the other setters or getters as its siblings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossfade.entity.schema.declarations import Attribute
from crossfade.entity.values.transforms import Transform


@dataclass(frozen=True)
class Handlers:
    """The transforms of all root attributes in one direction, and their watchers.

    Args:
        transforms: by name.
        watchers: the attributes with `watch` and with a setter or getter.
        watched_by: for each other attribute, the watchers that it triggers.
        watching_all: the watchers with ``watch=("*",)``.
    """

    transforms: Mapping[str, Transform]
    watchers: frozenset[str]
    watched_by: Mapping[str, tuple[str, ...]]
    watching_all: tuple[str, ...]

    def apply(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return all values transformed; a watcher may add its attribute."""
        first = dict(values)
        for name, value in values.items():
            transform = self.transforms.get(name)
            if transform is not None and name not in self.watchers:
                first[name] = transform(value, values)
        if not self.watchers:
            return first
        triggered = [watcher for name in first for watcher in self.watched_by.get(name, ())]
        second = dict(first)
        for name in dict.fromkeys((*first, *triggered, *self.watching_all)):
            if name in self.watchers:
                second[name] = self.transforms[name](first.get(name), first)
        return second


def handlers(
    attributes: Mapping[str, Attribute], transforms: Mapping[str, Transform], option: str
) -> Handlers:
    """Return the handlers of one direction; `option` is ``get`` or ``set``."""
    active = {
        name: attribute.watch
        for name, attribute in attributes.items()
        if attribute.watch and getattr(attribute, option) is not None
    }
    return Handlers(
        transforms=transforms,
        watchers=frozenset(active),
        watched_by={
            name: tuple(watcher for watcher, watched in active.items() if name in watched)
            for name in attributes
            if name not in active
        },
        watching_all=tuple(name for name, watched in active.items() if watched == ("*",)),
    )
