"""The report as one HTML page that needs nothing else: no script, no font, no picture elsewhere."""

from __future__ import annotations

from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from crossfade.cli.report_charts import HEIGHT, WIDTH, Chart, chart, floor_below
from crossfade.postgres.history import History, PastRun

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def page(history: History) -> str:
    """Return the report as HTML."""
    environment = Environment(
        loader=PackageLoader("crossfade.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": count,
        "duration": duration,
        "key": key_text,
        "moment": moment,
        "percent": percent,
        "words": words,
    }
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


def count(number: float) -> str:
    """Group digits: ``12 345``, with a narrow space that does not break."""
    return f"{number:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def percent(share: float | None) -> str:
    """Print a share; never rounded up to 100 %."""
    if share is None:
        return "\N{EN DASH}"
    if share >= 1:
        return "100 %"
    digits = f"{int(share * 1_000_000) / 10_000:.4f}".rstrip("0").rstrip(".")
    return f"{digits} %"


def duration(seconds: float | None) -> str:
    """Print a time in its largest unit."""
    if seconds is None:
        return "\N{EN DASH}"
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.1f} s"


def moment(when: datetime | None) -> str:
    """Print an instant in UTC, to the second."""
    return "\N{EN DASH}" if when is None else f"{when:%Y-%m-%d %H:%M:%S} UTC"


def key_text(parts: tuple[str | None, ...]) -> str:
    """Print a key as commands do."""
    return "/".join("-" if part is None else part for part in parts)


def words(name: str) -> str:
    """Print a verdict as words."""
    return name.removeprefix("drift_").replace("_", " ")


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
