"""Finds the application whose mappings a command works on."""

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

MISTAKES = (
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What Python raises where a module is missing, or one that declares mappings has a mistake."""

ApplicationOption = Annotated[
    str,
    typer.Option(
        "--application",
        envvar="CROSSFADE_APPLICATION",
        help="Where the mappings are declared, as module:name; the installed one by default.",
    ),
]


def find_application(setting: str) -> Application:
    """Return the application that is named here or by the settings, else the installed one.

    Args:
        setting: ``module:name``; or empty, as where a `.env` has it.

    Raises:
        ConfigurationError: there is none, or more than one, or it is something else.
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
    except MISTAKES as error:
        raise ConfigurationError(
            f"CROSSFADE_APPLICATION: {_place(error)}: {error}; correct the module {module}, or "
            "name another as module:name; PYTHONPATH leads to modules that are not installed"
        ) from None


def _place(error: BaseException) -> str:
    """Return the kind of a mistake, and its line where that is the user's."""
    met_at = extract_tb(error.__traceback__)[-1]
    is_ours = met_at.filename == __file__ or met_at.filename.startswith("<")
    line = "" if is_ours else f" at {Path(met_at.filename).name}:{met_at.lineno}"
    return f"{type(error).__name__}{line}"
