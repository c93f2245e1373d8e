"""The relay: bring the keys that changed in the source up to date in the target.

A change is a key and a version, never a payload: a step reads the state now and sends it under the
condition that nothing newer stands there. So lost, repeated and reordered steps are harmless, and
any number of relays may run at once.
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
    """Where states come from and where they go.

    Attributes:
        codecs: the codec of each mapping by the mapping's name.
        worker: the name under which steps are reported.
        deliveries_max: deliveries in flight in one step.
        bodies_max: large columns in memory at once, in one step.
        entity_pause_seconds: how long the keys of an entity wait that cannot be read.
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
    """What became of the keys of one step."""

    outcomes: tuple[Outcome, ...] = ()

    @property
    def settled(self) -> frozenset[Key]:
        """The keys whose fetched version the target holds, or a newer one."""
        return frozenset(
            outcome.key for outcome in self.outcomes if isinstance(outcome, Delivered | Superseded)
        )


async def step(route: Route, *, keys_max: int) -> Report:
    """Deliver the dirty keys whose turn it is, at most `keys_max`.

    While the target's breaker is open nothing is read; when it may be tried again, one key is.
    """
    if route.target_breaker.wait_seconds > 0:
        return Report()
    keys = await route.feed.due(1 if route.target_breaker.is_open else keys_max)
    return await deliver(route, keys)


async def deliver(route: Route, keys: Sequence[Key]) -> Report:
    """Deliver these keys as they are now: the one way in which items are written."""
    if not keys:
        return Report()
    started = monotonic()
    states, outcomes = await _fetch(route, keys)
    outcomes += await send(route, states)
    _tell(route, outcomes, await route.feed.ack(outcomes), monotonic() - started)
    return Report(tuple(outcomes))


async def send(route: Route, states: Sequence[State]) -> list[Outcome]:
    """Write states to the target, each under the condition that nothing newer stands there.

    The objects that they need are stored first, and remembered; nothing is acknowledged.
    """
    delivery = _Delivery(route, states)
    outcomes = await delivery.run()
    if delivery.stored:
        await route.feed.remember(delivery.stored)
    return outcomes


async def _fetch(route: Route, keys: Sequence[Key]) -> tuple[list[State], list[Outcome]]:
    """Read rows and versions; the keys of an entity that cannot be read wait, the others go on."""
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
    """One batch under way: what became of its states, and the objects it has stored."""

    def __init__(self, route: Route, states: Sequence[State]) -> None:
        self._route = route
        self._states = states
        self._bodies = asyncio.Semaphore(route.bodies_max)
        self._waiting = iter(range(len(states)))
        self._at: dict[int, int] = {}
        self._outcomes: dict[int, Outcome] = {}
        self.stored: list[StoredObject] = []

    async def run(self) -> list[Outcome]:
        """Deliver every state; the failure of one leaves the others alone, whatever it is."""
        lanes = range(min(self._route.deliveries_max, len(self._states)))
        while len(self._outcomes) < len(self._states):
            answers = await asyncio.gather(*map(self._lane, lanes), return_exceptions=True)
            for lane, answer in zip(lanes, answers, strict=True):
                if answer is not None:
                    number = self._at[lane]
                    self._outcomes[number] = _unexpected(self._states[number], answer)
        return [self._outcomes[number] for number in range(len(self._states))]

    async def _lane(self, lane: int) -> None:
        """Deliver one state after the other, as long as any waits; a task a state costs more."""
        for number in self._waiting:
            self._at[lane] = number
            self._outcomes[number] = await self._attempt(self._states[number])

    async def _attempt(self, state: State) -> Outcome:
        route = self._route
        try:
            draft = _draft(route.codecs[state.key.entity], state)
            for needed in draft.objects:
                if not await self._carry(state.key, needed):
                    return Moved(state.key)
            item = draft.item
            standing = await route.target_breaker.call(
                lambda: route.target.put(item, state.version)
            )
        except NoItemKey:
            return Delivered(state.key, state.version, state.read_at)
        except BreakerOpen as error:
            return Postponed(state.key, error.seconds)
        except Rejected as error:
            return _failure(state, error, Blame.RECORD)
        except Unavailable as error:
            return _failure(state, error, Blame.STORE)
        return _judge(state, item, standing)

    async def _carry(self, key: Key, needed: NewObject) -> bool:
        """Store a large column; False when it is no longer what the step fetched."""
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
        self.stored.append(StoredObject(key.entity, needed.object_key, len(content.encode())))
        return True


def _draft(codec: Codec, state: State) -> Draft:
    """Return what to write for a state.

    Raises:
        NoItemKey: a row is gone that never had an item.
        Rejected: the row cannot be stored as it is.
    """
    match state:
        case Live():
            return codec.encode(state)
        case Deleted():
            return Draft(codec.tombstone(state))
        case _:
            assert_never(state)


def _judge(state: State, item: Item, standing: Item | None) -> Outcome:
    """Decide what an answer of the target means; `standing` is what refused the put."""
    if standing is None:
        return Delivered(state.key, state.version, state.read_at)
    found = int(standing["cf_v"]["N"])
    if found == state.version and not same_content(item, standing):
        return Conflicting(state.key, state.version)
    return Superseded(state.key, state.version, found, state.read_at)


def _failure(state: State, error: Exception, blame: Blame) -> Failed:
    return Failed(state.key, type(error), str(error), blame, state.attempts + 1)


def _unexpected(state: State, error: BaseException) -> Failed:
    """Blame an error of ours on the record that met it, so that it parks and the others go on.

    Its message may quote the record, so only its class is kept.
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


def _tell(route: Route, outcomes: Sequence[Outcome], verdicts: AckReport, seconds: float) -> None:
    failures = {outcome.key: outcome for outcome in outcomes if isinstance(outcome, Failed)}
    for failure in failures.values():
        route.observe(PushFailed(failure.key, failure.error, failure.reason, failure.attempt))
    for key in verdicts.parked:
        route.observe(KeyParked(key, failures[key].reason))
    for key in verdicts.raised:
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
