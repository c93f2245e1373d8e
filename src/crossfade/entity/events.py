"""What listeners are told about executed calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crossfade.entity.options import Options


@dataclass(frozen=True, slots=True)
class QuerySent:
    """A request is about to be sent: DynamoDB's method in ElectroDB's words, and its parameters."""

    method: str
    params: Mapping[str, Any]
    options: Options
    type: str = "query"


@dataclass(frozen=True, slots=True)
class ResultsReceived:
    """A request was answered, or failed with the error in `results`."""

    method: str
    options: Options
    success: bool
    results: Any
    type: str = "results"


Event = QuerySent | ResultsReceived
Listener = Callable[[Event], object]
