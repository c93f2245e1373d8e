"""Where a verification pass begins: at its beginning, or where one that was killed stood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crossfade.errors import RecordsInUse, RecordsLost, Unavailable
from crossfade.events import PassAbandoned, PassResumed
from crossfade.parity.checkpoint import Progress, obstacle
from crossfade.parity.model import Run, RunState
from crossfade.parity.ports import RunStore, Unfinished
from crossfade.parity.spill import Spills
from crossfade.ports import Observer


@dataclass(frozen=True, slots=True)
class RunSpec:
    """The pass that is to be made.

    Attributes:
        kind: of the run.
        entities: the mappings, sorted by name.
        is_deep: whether every object is read.
        form: tells what its records look like.
    """

    kind: str
    entities: tuple[str, ...]
    is_deep: bool
    form: str


@dataclass(frozen=True, slots=True)
class StartedRun:
    """A run with its records and where it stands."""

    run: Run
    sides: Spills
    progress: Progress


async def start_or_resume(
    wanted: RunSpec,
    runs: RunStore,
    observe: Observer,
    *,
    folder: Path | None = None,
    restart: bool = False,
) -> StartedRun:
    """Go on with the newest such pass if it did not come to its end, else begin one.

    Args:
        wanted: the pass.
        runs: where runs are kept.
        observe: hears whether a pass goes on, or why one does not.
        folder: where new records are kept; the system's folder of temporary files unless given.
        restart: begin one in any case.

    Raises:
        Unavailable: the source cannot answer.
    """
    left = await runs.unfinished(wanted.kind, wanted.entities, is_deep=wanted.is_deep)
    if left is not None:
        try:
            begun = _records(left, "a new one was asked for" if restart else None, wanted.form)
        except RecordsLost as reason:
            observe(PassAbandoned(left.run.id, str(reason)))
            if left.run.state is RunState.RUNNING and not isinstance(reason, RecordsInUse):
                await runs.finish(left.run.id, left.run.tally, state=RunState.FAILED)
        else:
            observe(PassResumed(left.run.id, left.silent_seconds))
            return begun
    sides = Spills.begun(folder)
    progress = Progress(str(sides.folder), wanted.form)
    try:
        run = await runs.start(wanted.kind, wanted.entities, progress, is_deep=wanted.is_deep)
    except Unavailable:
        with sides:
            sides.discard()
        raise
    return StartedRun(run, sides, progress)


def _records(left: Unfinished, why: str | None, form: str) -> StartedRun:
    """Return a pass that was left, with its records; one that cannot go on loses them.

    Raises:
        RecordsInUse: another process is at work on it.
        RecordsLost: it cannot go on.
    """
    progress = left.progress
    why = why or obstacle(progress, form, left.silent_seconds)
    if progress is None:
        raise RecordsLost(why)
    sides = Spills(Path(progress.folder), {} if why else progress.sizes)
    if why is None:
        return StartedRun(left.run, sides, progress)
    with sides:
        sides.discard()
    raise RecordsLost(why)
