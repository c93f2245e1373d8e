"""The events that listeners receive about the requests of executed calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crossfade.entity.options import Options


@dataclass(frozen=True, slots=True)
class QuerySent:
    """A request is about to be sent.

    Attributes:
        method: ElectroDB's name of the operation, such as ``batchGet``.
        params: the request's parameters, with plain Python values.
        options: the call's options.
        type: the event's type.
    """

    method: str
    params: Mapping[str, Any]
    options: Options
    type: str = "query"


@dataclass(frozen=True, slots=True)
class ResultsReceived:
    """A request succeeded or failed.

    Attributes:
        method: ElectroDB's name of the operation, such as ``batchGet``.
        options: the call's options.
        success: whether it succeeded.
        results: the response, or the client's error.
        type: the event's type.
    """

    method: str
    options: Options
    success: bool
    results: Any
    type: str = "results"


Event = QuerySent | ResultsReceived
Listener = Callable[[Event], object]
