"""Metrics are documented, and what watches them names those that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry

from crossfade.telemetry import Metrics
from crossfade.web.dashboard.metrics import GAUGES, PREFIX

ROOT = Path(__file__).parents[2]
ENDINGS = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def known() -> set[str]:
    """Every name under which Prometheus finds a metric of ours."""
    registry = CollectorRegistry()
    Metrics(registry)
    counted = {
        metric.name + ending for metric in registry.collect() for ending in ENDINGS[metric.type]
    }
    return counted | {PREFIX + name for name in GAUGES}


def named(text: str) -> set[str]:
    return set(re.findall(r"\bcrossfade_\w+", text))


def test_every_gauge_of_the_ledger_is_documented() -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    rows = re.findall(r"^\| `(crossfade_ledger_\w+)` \| (.*?) \| (.*?) \|$", text, re.MULTILINE)
    assert rows == [
        (PREFIX + name, ", ".join(labels), text) for name, (text, labels) in GAUGES.items()
    ]


@pytest.mark.parametrize("name", ["alerts.yaml", "grafana.json"])
def test_what_is_watched_exists(name: str) -> None:
    found = named((ROOT / "infra" / name).read_text())
    assert found
    assert found <= known()


def test_alerts_say_what_to_do() -> None:
    (group,) = yaml.safe_load((ROOT / "infra" / "alerts.yaml").read_text())["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(set(names)) == len(names) > 0
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}


def test_panels_do_not_cover_each_other() -> None:
    panels = json.loads((ROOT / "infra" / "grafana.json").read_text())["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells) > 0
    assert len({panel["id"] for panel in panels}) == len(panels)
