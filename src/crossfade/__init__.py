"""Crossfade: move a live PostgreSQL application to DynamoDB and S3, and prove nothing was lost.

The names that an application needs are here; `__init__.pyi` gives type checkers the same. Each is
imported when it is first used, so that ``crossfade.entity`` alone loads no database driver. Inside
the package, import from the module that defines a name.
"""

from importlib import import_module

_MODULES = {
    "AccessDenied": "crossfade.errors",
    "Application": "crossfade.mapping.application",
    "Body": "crossfade.mapping.declaration.columns",
    "BrokenPointer": "crossfade.errors",
    "Column": "crossfade.mapping.declaration.columns",
    "ConditionFailed": "crossfade.errors",
    "ConfigurationError": "crossfade.errors",
    "CrossfadeError": "crossfade.errors",
    "DamagedObject": "crossfade.errors",
    "DeliveryStatus": "crossfade.relay.status",
    "Event": "crossfade.events",
    "InvalidRequest": "crossfade.errors",
    "Mapping": "crossfade.mapping.declaration.mapping",
    "Migration": "crossfade.runtime.migration",
    "MissingObject": "crossfade.errors",
    "NoSuchStore": "crossfade.errors",
    "ObjectTooLarge": "crossfade.errors",
    "Observer": "crossfade.ports",
    "Rejected": "crossfade.errors",
    "Rule": "crossfade.mapping.declaration.columns",
    "SchemaChanged": "crossfade.errors",
    "Settings": "crossfade.settings",
    "Shape": "crossfade.mapping.declaration.columns",
    "Throttled": "crossfade.errors",
    "TimedOut": "crossfade.errors",
    "TooLarge": "crossfade.errors",
    "TransactionCanceled": "crossfade.errors",
    "Unavailable": "crossfade.errors",
    "Unmappable": "crossfade.errors",
    "Unreachable": "crossfade.errors",
    "load_settings": "crossfade.settings",
    "open_migration": "crossfade.runtime.migration",
}
"""Each public name and the module that defines it."""

__all__ = list(_MODULES)


def __getattr__(name: str) -> object:
    """Return a public name, importing its module if need be."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """Return the public names beside those that are in the module already."""
    return sorted(globals().keys() | _MODULES.keys())
