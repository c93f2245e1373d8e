"""The start of a full pass: a new one, or one that was killed or failed and is resumed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crossfade.errors import RecordsInUse, RecordsLost, Unavailable
from crossfade.events import PassAbandoned, PassResumed
from crossfade.parity.checkpoint import Progress, obstacle
from crossfade.parity.model import Run, RunState
from crossfade.parity.ports import RunStore, Unfinished
from crossfade.parity.spill import PassRecords
from crossfade.ports import Observer

KIND = "full"


@dataclass(frozen=True, slots=True)
class RunSpec:
    """The pass that is to be made.

    Attributes:
        entities: the mappings, sorted by name.
        is_deep: whether every object is read.
        form: the form of its records.
        folder: the parent of new records; the system's folder of temporary files by default.
    """

    entities: tuple[str, ...]
    is_deep: bool
    form: str
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class StartedRun:
    """A run with its records and its progress."""

    run: Run
    records: PassRecords
    progress: Progress


async def start_or_resume(
    spec: RunSpec, runs: RunStore, observe: Observer, *, restart: bool
) -> StartedRun:
    """Resume the newest unfinished pass over the same mappings, or start a new one.

    Args:
        spec: the pass.
        runs: the runs.
        observe: called with `PassResumed`, or with `PassAbandoned` and the reason.
        restart: start a new one in any case.

    Raises:
        Unavailable: the source cannot answer.
    """
    unfinished = await runs.unfinished(KIND, spec.entities, is_deep=spec.is_deep)
    if unfinished is not None:
        try:
            started = _resume(unfinished, spec, restart=restart)
        except RecordsLost as reason:
            observe(PassAbandoned(unfinished.run.id, str(reason)))
            if unfinished.run.state is RunState.RUNNING and not isinstance(reason, RecordsInUse):
                await runs.finish(unfinished.run.id, unfinished.run.tally, state=RunState.FAILED)
        else:
            observe(PassResumed(unfinished.run.id, unfinished.silent_seconds))
            return started
    return await _start(spec, runs)


async def _start(spec: RunSpec, runs: RunStore) -> StartedRun:
    records = PassRecords.create(spec.folder)
    progress = Progress(str(records.folder), spec.form)
    try:
        run = await runs.start(KIND, spec.entities, progress, is_deep=spec.is_deep)
    except Unavailable:
        with records:
            records.discard()
        raise
    return StartedRun(run, records, progress)


def _resume(unfinished: Unfinished, spec: RunSpec, *, restart: bool) -> StartedRun:
    """Return an unfinished pass with its records; remove the records if it cannot be resumed.

    Raises:
        RecordsInUse: another process is working on it.
        RecordsLost: it cannot be resumed.
    """
    progress = unfinished.progress
    reason = obstacle(progress, spec.form, unfinished.silent_seconds)
    if restart:
        reason = "a new one was requested"
    if progress is None:
        raise RecordsLost(reason)
    records = PassRecords(Path(progress.folder), {} if reason else progress.sizes)
    if reason is None:
        return StartedRun(unfinished.run, records, progress)
    with records:
        records.discard()
    raise RecordsLost(reason)
