"""The documents name what exists, and all of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer
from prometheus_client import CollectorRegistry
from pydantic import AliasChoices

from crossfade.cli.main import app
from crossfade.events import Event
from crossfade.settings import Settings
from crossfade.telemetry import Metrics
from crossfade.telemetry.logs import name_of

ROOT = Path(__file__).parents[2]


def document(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)


def test_every_setting_is_documented_by_its_variables() -> None:
    documented = [
        set(re.findall(r"`(\w+)`", cell)) for cell in first_cells(document("settings.md"))
    ]
    variables = []
    for field in Settings.model_fields.values():
        assert isinstance(field.validation_alias, AliasChoices)
        variables.append({str(choice) for choice in field.validation_alias.choices})
    assert documented == variables


def test_every_event_is_documented_with_its_level_and_line() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| `(\w+)` \|", document("events.md"), re.MULTILINE)
    kinds = get_args(Event)
    assert rows == [(kind.__name__, kind.level.name.lower(), name_of(kind)) for kind in kinds]


def test_every_metric_is_documented() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    documented = set(re.findall(r"`(crossfade_\w+)\{", document("events.md")))
    counters = {"counter": "_total"}
    assert documented == {
        metric.name + counters.get(metric.type, "") for metric in registry.collect()
    }


def test_every_command_is_documented_with_its_first_line() -> None:
    documented = dict(
        re.findall(r"^\| `crossfade (.*?)` \| (.*?) \|$", document("commands.md"), re.MULTILINE)
    )
    assert documented == {
        " ".join(words): (command.help or "").strip().splitlines()[0]
        for words, command in commands(typer.main.get_command(app))
    }


def commands(group: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of a group with its words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from (((name, *words), below) for words, below in commands(command))
        else:
            yield (name,), command


def test_the_map_names_every_room() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = contracts["contracts"][0]["layers"]
    rooms = {room.strip() for layer in layers for room in layer.split("|")}
    cells = re.findall(r"^\| (`.*?`) \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`(\w+)(?:/|\.py)`", cell)}
    assert named == rooms


def test_every_link_between_documents_leads_to_a_file() -> None:
    targets = [
        (page.parent / link).resolve()
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    ]
    assert ROOT / "CONTRIBUTING.md" in targets
    assert [target for target in targets if not target.exists()] == []
