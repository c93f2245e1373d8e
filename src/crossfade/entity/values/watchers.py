"""Setters and getters in ElectroDB's order: first those of ordinary attributes, then watchers.

A watcher's handler runs when something it watches is present, and sees the results of the first
phase as its siblings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossfade.entity.schema.declarations import Attribute
from crossfade.entity.values.transforms import Transform


@dataclass(frozen=True)
class Handlers:
    """The transformations of one direction, by path, and who watches whom.

    Args:
        transforms: by path; root attributes are their own path.
        watchers: those that watch something and have a handler.
        watched_by: for each other root attribute, the watchers it triggers.
        watching_all: the watchers that watch everything.
    """

    transforms: Mapping[str, Transform]
    watchers: frozenset[str]
    watched_by: Mapping[str, tuple[str, ...]]
    watching_all: tuple[str, ...]

    def apply(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All values transformed; watchers may add some."""
        first = dict(values)
        for path, value in values.items():
            transform = self.transforms.get(path)
            if transform is not None and path not in self.watchers:
                first[path] = transform(value, values)
        if not self.watchers:
            return first
        triggered = [watcher for path in first for watcher in self.watched_by.get(path, ())]
        second = dict(first)
        for path in dict.fromkeys((*first, *triggered, *self.watching_all)):
            if path in self.watchers:
                second[path] = self.transforms[path](first.get(path), first)
        return second


def handlers(
    attributes: Mapping[str, Attribute], transforms: Mapping[str, Transform], option: str
) -> Handlers:
    """The handlers of one direction; `option` is ``get`` or ``set``."""
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
