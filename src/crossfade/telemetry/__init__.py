"""Events as log lines and metrics."""

from crossfade.telemetry.exporter import exported
from crossfade.telemetry.logs import configure_logs, log_event
from crossfade.telemetry.metrics import Metrics

__all__ = ["Metrics", "configure_logs", "exported", "log_event"]
