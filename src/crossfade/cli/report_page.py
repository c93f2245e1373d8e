"""The report as one self-contained HTML page, without scripts or external files."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from crossfade.postgres.monitoring.history import History, PastRun
from crossfade.rendering import FILTERS, HEIGHT, WIDTH, Chart, chart, floor_below, percent


def page(history: History) -> str:
    """Return the report as an HTML page."""
    environment = Environment(
        loader=PackageLoader("crossfade.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    finished = [run for run in history.runs if run.parity is not None]
    return environment.get_template("report.html.j2").render(
        history=history,
        newest=finished[-1] if finished else None,
        parity=_parity(finished),
        lag=_lag(finished),
        width=WIDTH,
        height=HEIGHT,
        open_findings=sum(one.open for one in history.verdicts),
        closed_findings=sum(one.closed for one in history.verdicts),
        lag_seconds=max((one.oldest_dirty_seconds or 0.0 for one in history.entities), default=0.0),
        keys=sum(one.keys for one in history.entities),
        dirty=sum(one.dirty for one in history.entities),
        verified_through=min((one.verified_through for one in history.entities), default=None),
        verified=sum(one.verified_at is not None for one in history.entities),
    )


def _parity(runs: list[PastRun]) -> Chart:
    shares = [run.parity or 0.0 for run in runs]
    return chart(
        [
            (run.started_at.timestamp(), share, f"run {run.id}: {percent(share)}")
            for run, share in zip(runs, shares, strict=True)
        ],
        low=floor_below(shares),
        high=1.0,
    )


def _lag(runs: list[PastRun]) -> Chart:
    return chart(
        [
            (run.started_at.timestamp(), run.lagging_keys, f"run {run.id}: {run.lagging_keys}")
            for run in runs
        ],
        low=0.0,
        high=max(1.0, *(float(run.lagging_keys) for run in runs)) if runs else 1.0,
    )
