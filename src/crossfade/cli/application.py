"""Find the application that declares a command's mappings."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from traceback import extract_tb
from typing import Annotated

import typer

from crossfade.errors import ConfigurationError
from crossfade.mapping.application import Application
from crossfade.settings import load_settings

GROUP = "crossfade.applications"

LOAD_ERRORS = (
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""Errors raised by a missing module, or by a mistake in a module that declares mappings."""

ApplicationOption = Annotated[
    str,
    typer.Option(
        "--application",
        envvar="CROSSFADE_APPLICATION",
        help="The mappings' application, as module:name; by default the installed one.",
    ),
]


def find_application(setting: str) -> Application:
    """Return the application named by the option or the settings, else the installed one.

    Args:
        setting: ``module:name``; empty to use the settings.

    Raises:
        ConfigurationError: none or several are installed, the named one cannot be loaded, or it is
            not an `Application`.
    """
    named = setting or load_settings().application
    found = _load(named) if named else _installed().load()
    if not isinstance(found, Application):
        raise ConfigurationError(
            f"CROSSFADE_APPLICATION: {type(found).__name__} found; "
            "name a crossfade.Application, as module:name"
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
    if not module or not name:
        raise ConfigurationError("CROSSFADE_APPLICATION: needs a module and a name, as module:name")
    try:
        return getattr(import_module(module), name)
    except LOAD_ERRORS as error:
        raise ConfigurationError(
            f"CROSSFADE_APPLICATION: {_place(error)}: {error}; correct the module {module}, or "
            "name another as module:name; set PYTHONPATH for modules that are not installed"
        ) from None


def _place(error: BaseException) -> str:
    """Return the class of an error, with its file and line if they are in the user's code."""
    origin = extract_tb(error.__traceback__)[-1]
    is_ours = origin.filename == __file__ or origin.filename.startswith("<")
    line = "" if is_ours else f" at {Path(origin.filename).name}:{origin.lineno}"
    return f"{type(error).__name__}{line}"
