"""The relay: write the current state of changed keys to the target.

A step reads dirty keys, fetches their rows with versions, uploads the objects that the items need,
puts each item on the condition that the target has nothing newer, and acknowledges the outcomes.
A change is a key and a version, never a payload. So lost, repeated and reordered steps are
harmless, and any number of relays may run at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import assert_never

from crossfade.errors import (
    BreakerOpen,
    ConfigurationError,
    DigestMismatch,
    NoItemKey,
    Rejected,
    SchemaChanged,
    Unavailable,
)
from crossfade.events import EntityPaused, KeyParked, LedgerRaised, PushFailed, Relayed
from crossfade.jobs.breaker import Breaker
from crossfade.mapping.codec.codec import Codec, Draft, NewObject
from crossfade.mapping.codec.item_equality import same_content
from crossfade.mapping.state import (
    AckReport,
    Blame,
    Conflicting,
    Deleted,
    Delivered,
    Failed,
    Key,
    Live,
    Moved,
    Outcome,
    Postponed,
    State,
    StoredObject,
    Superseded,
)
from crossfade.ports import Item, Observer, Source, Target
from crossfade.relay.ports import Feed, Objects


@dataclass(frozen=True, slots=True)
class Route:
    """The stores that a delivery reads and writes, and its limits.

    Attributes:
        codecs: the codec of each mapping, by the mapping's name.
        worker: the name under which steps are reported, ``relay``, ``push`` or ``backfill``.
        deliveries_max: states in delivery at once, in one step.
        bodies_max: large columns in memory at once, in one step.
        entity_pause_seconds: how long the keys of an entity that cannot be read wait.
    """

    feed: Feed
    source: Source
    target: Target
    objects: Objects
    target_breaker: Breaker
    objects_breaker: Breaker
    codecs: Mapping[str, Codec]
    observe: Observer
    worker: str
    deliveries_max: int = 32
    bodies_max: int = 4
    entity_pause_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Report:
    """The outcomes of one step."""

    outcomes: tuple[Outcome, ...] = ()

    @property
    def settled(self) -> frozenset[Key]:
        """Return the keys of which the target has the fetched version or a newer one."""
        return frozenset(
            outcome.key for outcome in self.outcomes if isinstance(outcome, Delivered | Superseded)
        )


async def step(route: Route, *, keys_max: int) -> Report:
    """Deliver the dirty keys that are due, at most `keys_max`.

    While the target's breaker is open nothing is read; when a trial is allowed, one key is.
    """
    if route.target_breaker.wait_seconds > 0:
        return Report()
    keys = await route.feed.due(1 if route.target_breaker.is_open else keys_max)
    return await deliver(route, keys)


async def deliver(route: Route, keys: Sequence[Key]) -> Report:
    """Deliver the current state of these keys and acknowledge the outcomes in the ledger.

    The relay, the fast path and repair all write items in this way.
    """
    if not keys:
        return Report()
    started = monotonic()
    states, outcomes = await _fetch(route, keys)
    outcomes += await send(route, states)
    acknowledged = await route.feed.ack(outcomes)
    _report(route, outcomes, acknowledged, monotonic() - started)
    return Report(tuple(outcomes))


async def send(route: Route, states: Sequence[State]) -> list[Outcome]:
    """Write states to the target without acknowledging them; return their outcomes in order."""
    delivery = _Delivery(route, states)
    outcomes = await delivery.run()
    if delivery.uploaded:
        await route.feed.remember(delivery.uploaded)
    return outcomes


async def _fetch(route: Route, keys: Sequence[Key]) -> tuple[list[State], list[Outcome]]:
    """Read rows and versions; postpone the keys of entities that cannot be read."""
    states: list[State] = []
    outcomes: list[Outcome] = []
    for entity in dict.fromkeys(key.entity for key in keys):
        group = [key for key in keys if key.entity == entity]
        try:
            states += await route.source.fetch(group)
        except (ConfigurationError, SchemaChanged) as error:
            pause = route.entity_pause_seconds
            outcomes += [Postponed(key, pause) for key in group]
            route.observe(EntityPaused(entity, type(error), str(error), pause))
    return states, outcomes


class _Delivery:
    """The delivery of some states by concurrent workers.

    Attributes:
        uploaded: the objects that were uploaded.
    """

    def __init__(self, route: Route, states: Sequence[State]) -> None:
        self.uploaded: list[StoredObject] = []
        self._route = route
        self._states = states
        self._bodies = asyncio.Semaphore(route.bodies_max)
        self._queue = iter(range(len(states)))
        self._current: dict[int, int] = {}  # the state that each worker delivers, by number
        self._outcomes: dict[int, Outcome] = {}

    async def run(self) -> list[Outcome]:
        """Deliver every state and return the outcomes in order.

        An unexpected error ends its worker and fails only the state that the worker had taken. Then
        the workers start again, until the queue is empty.
        """
        workers = range(min(self._route.deliveries_max, len(self._states)))
        while len(self._outcomes) < len(self._states):
            errors = await asyncio.gather(*map(self._work, workers), return_exceptions=True)
            for worker, error in zip(workers, errors, strict=True):
                if error is not None:
                    number = self._current[worker]
                    self._outcomes[number] = _unexpected(self._states[number], error)
        return [self._outcomes[number] for number in range(len(self._states))]

    async def _work(self, worker: int) -> None:
        """Deliver states from the queue until it is empty; a task per state would cost more."""
        for number in self._queue:
            self._current[worker] = number
            self._outcomes[number] = await self._deliver(self._states[number])

    async def _deliver(self, state: State) -> Outcome:
        """Encode a state, upload the objects that its item needs, then put the item."""
        route = self._route
        try:
            draft = _draft(route.codecs[state.key.entity], state)
            for needed in draft.objects:
                if not await self._upload(state.key, needed):
                    return Moved(state.key)
            existing = await route.target_breaker.call(
                lambda: route.target.put(draft.item, state.version)
            )
        except NoItemKey:
            return Delivered(state.key, state.version, state.read_at)
        except BreakerOpen as error:
            return Postponed(state.key, error.seconds)
        except Rejected as error:
            return _failure(state, error, Blame.RECORD)
        except Unavailable as error:
            return _failure(state, error, Blame.STORE)
        return _outcome(state, draft.item, existing)

    async def _upload(self, key: Key, needed: NewObject) -> bool:
        """Upload a large column; return False if it changed after the row was fetched."""
        route = self._route
        async with self._bodies:
            content = needed.content or await route.source.body(key, needed.column)
            if content is None:
                return False
            try:
                await route.objects_breaker.call(
                    lambda: route.objects.put(needed.object_key, content)
                )
            except DigestMismatch:
                return False
        self.uploaded.append(StoredObject(key.entity, needed.object_key, len(content.encode())))
        return True


def _draft(codec: Codec, state: State) -> Draft:
    """Return what to write for a state.

    Raises:
        NoItemKey: a deleted row that never had an item.
        Rejected: the row cannot be stored as it is.
    """
    match state:
        case Live():
            return codec.encode(state)
        case Deleted():
            return Draft(codec.tombstone(state))
        case _:
            assert_never(state)


def _outcome(state: State, item: Item, existing: Item | None) -> Outcome:
    """Return the outcome of a put; `existing` is the item that refused it, None if written."""
    if existing is None:
        return Delivered(state.key, state.version, state.read_at)
    found = int(existing["cf_v"]["N"])
    if found == state.version and not same_content(item, existing):
        return Conflicting(state.key, state.version)
    return Superseded(state.key, state.version, found, state.read_at)


def _failure(state: State, error: Exception, blame: Blame) -> Failed:
    return Failed(state.key, type(error), str(error), blame, state.attempts + 1)


def _unexpected(state: State, error: BaseException) -> Failed:
    """Return an error of Crossfade as a failure of the record, so that only its key is parked.

    The error's message may quote the record, so only its class is kept.
    """
    if not isinstance(error, Exception):
        raise error
    return Failed(
        state.key,
        type(error),
        "an error in Crossfade, not in the record; please report it",
        Blame.RECORD,
        state.attempts + 1,
    )


def _report(
    route: Route, outcomes: Sequence[Outcome], acknowledged: AckReport, seconds: float
) -> None:
    """Report the events of a step."""
    failures = {outcome.key: outcome for outcome in outcomes if isinstance(outcome, Failed)}
    for failure in failures.values():
        route.observe(PushFailed(failure.key, failure.error, failure.reason, failure.attempt))
    for key in acknowledged.parked:
        route.observe(KeyParked(key, failures[key].reason))
    for key in acknowledged.raised:
        route.observe(LedgerRaised(key))
    route.observe(
        Relayed(
            worker=route.worker,
            delivered=_count(outcomes, Delivered),
            superseded=_count(outcomes, Superseded),
            retried=_count(outcomes, Moved, Conflicting, Postponed),
            failed=len(failures),
            seconds=seconds,
        )
    )


def _count(outcomes: Sequence[Outcome], *kinds: type[Outcome]) -> int:
    return sum(isinstance(outcome, kinds) for outcome in outcomes)
