"""Rules that assign faults to requests, and the record of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from crossfade.testing.proxy.faults import HttpFault
from crossfade.testing.proxy.messages import Request


def _anything(request: Request) -> bool:
    del request
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault and the requests that it affects.

    Attributes:
        fault: the fault to inject.
        operation: a pattern (``*`` and ``?``) for the operation, such as ``Batch*``.
        method: a pattern for the HTTP method.
        path: a pattern for the path, such as ``/bucket/transcripts/*``.
        where: any further condition.
        skip: the number of matching requests that pass first.
        times: the number of requests affected after that; None: all.
    """

    fault: HttpFault
    operation: str = "*"
    method: str = "*"
    path: str = "*"
    where: Callable[[Request], bool] = _anything
    skip: int = 0
    times: int | None = None

    def matches(self, request: Request) -> bool:
        """Return whether the patterns and the condition match the request."""
        return (
            fnmatchcase(request.operation, self.operation)
            and fnmatchcase(request.method, self.method)
            and fnmatchcase(request.path, self.path)
            and self.where(request)
        )


class Rules:
    """Rules in order; the first one that applies decides."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._matched: list[int] = []

    def add(self, *rules: Rule) -> None:
        """Append rules."""
        self._rules += rules
        self._matched += [0] * len(rules)

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()
        self._matched.clear()

    def fault_for(self, request: Request) -> HttpFault | None:
        """Return the fault for this request, and count the request in the rules that match."""
        for index, rule in enumerate(self._rules):
            if not rule.matches(request):
                continue
            self._matched[index] += 1
            turn = self._matched[index] - rule.skip
            if turn > 0 and (rule.times is None or turn <= rule.times):
                return rule.fault
        return None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request reached the proxy, with the fault that was injected, if any."""

    request: Request
    fault: HttpFault | None


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The server answered a request, even if the client did not receive the answer."""

    request: Request
    status: int


class Record:
    """The requests that arrived at the proxy and that the server answered, oldest first."""

    def __init__(self) -> None:
        self.events: list[Arrived | Forwarded] = []
        self._changed = asyncio.Condition()

    async def add(self, event: Arrived | Forwarded) -> None:
        """Append an event, and wake the tasks that wait in `until`."""
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def arrived(self, operation: str = "*", fault: type[HttpFault] | None = None) -> int:
        """Count the requests that arrived, by operation pattern and fault."""
        return sum(
            fnmatchcase(event.request.operation, operation)
            and (fault is None or isinstance(event.fault, fault))
            for event in self.events
            if isinstance(event, Arrived)
        )

    def forwarded(self, operation: str = "*", status: int | None = None) -> int:
        """Count the requests that the server answered, by operation pattern and status."""
        return sum(
            fnmatchcase(event.request.operation, operation) and status in {None, event.status}
            for event in self.events
            if isinstance(event, Forwarded)
        )

    async def until(
        self, condition: Callable[[Record], bool], *, seconds_max: float = 90.0
    ) -> None:
        """Wait until a condition on this record holds.

        Raises:
            TimeoutError: it did not hold within `seconds_max`.
        """
        async with asyncio.timeout(seconds_max), self._changed:
            await self._changed.wait_for(lambda: condition(self))
