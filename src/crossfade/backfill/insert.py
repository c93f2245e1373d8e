"""Rows that are probably new in the target: inserted in batches, put one by one if they are not.

An insert writes an item only where none exists. That is a stronger condition than a put's, which
also replaces an older item: any row that was not certainly inserted is left to the put.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from crossfade.backfill.paced_target import PacedTarget
from crossfade.errors import BreakerOpen, CrossfadeError, Rejected, Throttled, Unavailable
from crossfade.events import InsertsRefused
from crossfade.jobs.breaker import Breaker
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.state import (
    Blame,
    Delivered,
    Failed,
    Insertion,
    Live,
    Outcome,
    Postponed,
    State,
    Superseded,
)
from crossfade.ports import Item, Observer, Send

BATCH_ROWS = 25
BATCHES_MAX = 8
"""Batches in flight at once."""
EXISTING_SHARE_MAX = 0.1
"""Share of a page that may already exist. An existing item costs two writes, so above this share
the next page uses plain puts."""

Numbered = tuple[int, Live, Item]


class BatchWriter:
    """Writes the pages of one worker.

    Args:
        codecs: the codec of each mapping by the mapping's name.
        target: where items go, at the rate of all workers.
        breaker: of the target.
        observe: called once per entity that cannot be inserted.
        put: writes states to `target` as the relay does, objects included.
    """

    def __init__(
        self,
        *,
        codecs: Mapping[str, Codec],
        target: PacedTarget,
        breaker: Breaker,
        observe: Observer,
        put: Send,
    ) -> None:
        self._codecs = codecs
        self._target = target
        self._breaker = breaker
        self._observe = observe
        self._put = put
        self._refused: set[str] = set()
        self._existing: set[str] = set()

    def take_counts(self) -> tuple[int, int]:
        """Return the bytes written and the writes throttled since the last call."""
        return self._target.take_counts()

    async def write(self, states: Sequence[State]) -> Sequence[Outcome]:
        """Write rows of one entity, each on the condition that the target has nothing newer."""
        if not states:
            return []
        entity = states[0].key.entity
        settled: dict[int, Outcome] = {}
        if entity not in self._refused | self._existing:
            settled = await self._insert(states)
        left = [number for number in range(len(states)) if number not in settled]
        if left:
            outcomes = await self._put([states[number] for number in left])
            settled.update(zip(left, outcomes, strict=True))
        existing = sum(isinstance(outcome, Superseded) for outcome in settled.values())
        if existing > EXISTING_SHARE_MAX * len(states):
            self._existing.add(entity)
        else:
            self._existing.discard(entity)
        return [settled[number] for number in range(len(states))]

    async def _insert(self, states: Sequence[State]) -> dict[int, Outcome]:
        """Insert the rows that need no object; return the outcomes of those that are settled.

        An error of ours leaves rows to the puts too, where it affects only its own row.
        """
        batches = _batches(self._drafts(states))
        settled: dict[int, Outcome] = {}

        async def send_batches() -> None:
            for batch in batches:
                settled.update(await self._send(batch))

        senders = (send_batches() for _ in range(BATCHES_MAX))
        for error in await asyncio.gather(*senders, return_exceptions=True):
            if error is not None:
                self._give_up(states[0].key.entity, error)
        return settled

    def _drafts(self, states: Sequence[State]) -> Iterator[Numbered]:
        for number, state in enumerate(states):
            if isinstance(state, Live) and state.key.entity not in self._refused:
                try:
                    draft = self._codecs[state.key.entity].encode(state)
                except Rejected:
                    continue  # the put reports it
                if not draft.objects:
                    yield number, state, draft.item

    async def _send(self, batch: Sequence[Numbered]) -> dict[int, Outcome]:
        items = [item for _, _, item in batch]
        try:
            found = await self._breaker.call(partial(self._target.insert, items))
        except BreakerOpen as error:
            return {number: Postponed(state.key, error.seconds) for number, state, _ in batch}
        except Rejected as error:
            self._give_up(batch[0][1].key.entity, error)
            return {}
        except Unavailable as error:
            return {number: _failure(state, error) for number, state, _ in batch}
        return {
            number: _outcome(state, insertion)
            for (number, state, _), insertion in zip(batch, found, strict=True)
            if insertion in {Insertion.WRITTEN, Insertion.THROTTLED}
        }

    def _give_up(self, entity: str, error: BaseException) -> None:
        """Put the following rows of this entity. A foreign error may quote a row: hide it."""
        if not isinstance(error, Exception):
            raise error
        if entity not in self._refused:
            self._refused.add(entity)
            reason = str(error) if isinstance(error, CrossfadeError) else "an error in Crossfade"
            self._observe(InsertsRefused(entity, type(error), reason))


def _batches(drafts: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    """Yield drafts in batches, each made when it is asked for."""
    while batch := list(islice(drafts, BATCH_ROWS)):
        yield batch


def _outcome(state: Live, insertion: Insertion) -> Outcome:
    if insertion is Insertion.WRITTEN:
        return Delivered(state.key, state.version, state.read_at)
    return _failure(state, Throttled("DynamoDB throttled one insert of a batch"))


def _failure(state: Live, error: Unavailable) -> Failed:
    return Failed(state.key, type(error), str(error), Blame.STORE, state.attempts + 1)
