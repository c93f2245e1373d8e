"""Finds the application whose mappings a command works on."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

import typer

from crossfade.errors import ConfigurationError
from crossfade.mapping.application import Application

GROUP = "crossfade.applications"

ApplicationOption = Annotated[
    str,
    typer.Option(
        "--application",
        envvar="CROSSFADE_APPLICATION",
        help="Where the mappings are declared, as module:name; the installed one by default.",
    ),
]


def find_application(setting: str) -> Application:
    """Return the application named by the setting, else the installed one.

    Args:
        setting: ``module:name``, or empty.

    Raises:
        ConfigurationError: there is none, or more than one, or it is something else.
    """
    found = _load(setting) if setting else _installed().load()
    if not isinstance(found, Application):
        raise ConfigurationError(
            f"CROSSFADE_APPLICATION: {type(found).__name__} found; "
            "name a crossfade.mapping.Application, as module:name"
        )
    return found


def _installed() -> EntryPoint:
    installed = entry_points(group=GROUP)
    if len(installed) != 1:
        names = ", ".join(entry.value for entry in installed) or "none"
        raise ConfigurationError(
            f"CROSSFADE_APPLICATION: not set, and the installed applications are: {names}; "
            "set it to module:name"
        )
    return next(iter(installed))


def _load(setting: str) -> object:
    module, _, name = setting.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"CROSSFADE_APPLICATION: {type(error).__name__} when importing it; "
            "write it as module:name of an importable module"
        ) from None
