"""A pass that was killed continues where it stopped, and ends as if nothing had happened."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from crossfade.dynamo import TableScan
from crossfade.errors import Unreachable
from crossfade.events import PassAbandoned, PassResumed
from crossfade.parity.full_pass import PassLimits
from crossfade.parity.model import Run, RunState, Tally, Verdict
from crossfade.postgres import PostgresScan
from support.kill import Killed
from support.postgres_tables import NOTES
from support.verification import TestedPass, VerifiedNotes

ROWS, ROWS_OF_PAGE, SEGMENTS, ITEMS_OF_PAGE = 24, 5, 2, 4
EXPECTED = {
    "lost": Verdict.DRIFT_MISSING,
    "changed": Verdict.DRIFT_DIFFERS,
    "bare": Verdict.DRIFT_OBJECT,
    "gone": Verdict.DRIFT_EXTRA,
    "FOLDER#f": Verdict.DRIFT_FOREIGN,
}


@pytest.fixture
async def verified_notes(verified_notes: VerifiedNotes) -> VerifiedNotes:
    """Notes in both stores, one difference of each kind, and one key on its way."""
    await verified_notes.add(*(f"n{number}" for number in range(ROWS)))
    await verified_notes.add("lost", "changed", "gone", "late")
    await verified_notes.add("bare", "whole", "sound", content="text")
    await verified_notes.drain()
    gone = verified_notes.item("gone")
    await verified_notes.sql("DELETE FROM notes WHERE id = 'gone'")
    await verified_notes.drain()
    verified_notes.put(gone)
    verified_notes.remove("lost")
    verified_notes.put({**verified_notes.item("changed"), "title": {"S": "other"}})
    verified_notes.put({**verified_notes.item_key("x"), "title": {"S": "foreign"}})
    name = verified_notes.item("bare")["contentKey"]["S"]
    verified_notes.s3.delete_object(Bucket=verified_notes.table, Key=name)
    await verified_notes.sql("UPDATE notes SET title = 'on its way' WHERE id = 'late'")
    return verified_notes


def _parts(verified_notes: VerifiedNotes, folder: Path) -> TestedPass:
    """Return the stores of a pass in small pages that records its progress after each of them."""
    stores = replace(
        verified_notes.verifier.stores,
        rows=PostgresScan(verified_notes.verifier.resources.pool, [NOTES], rows_max=ROWS_OF_PAGE),
        table=TableScan(
            verified_notes.migration.client,
            verified_notes.table,
            segments=SEGMENTS,
            page_items_max=ITEMS_OF_PAGE,
        ),
    )
    limits = PassLimits(keys_max=2, calls_max=1, report_seconds=0.0, folder=folder)
    return TestedPass(stores, limits)


@dataclass
class Deadly:
    """A port that ends the process at a certain call of a method, before or after it.

    Attributes:
        calls: what is left until then; counts down.
        error: what ends it.
    """

    port: Any
    method: str
    calls: int
    after: bool = False
    error: type[BaseException] = Killed

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.port, name)
        if name != self.method:
            return real
        return self._pages(real) if name in {"pages", "list"} else self._call(real)

    def _call(self, real: Any) -> Any:
        async def call(*arguments: Any, **named: Any) -> Any:
            self.calls -= 1
            is_last = self.calls == 0
            if is_last and not self.after:
                raise self.error
            answer = await real(*arguments, **named)
            if is_last:
                raise self.error
            return answer

        return call

    def _pages(self, real: Any) -> Any:
        async def pages(*arguments: Any) -> AsyncIterator[Any]:
            async for page in real(*arguments):
                self.calls -= 1
                if self.calls == 0:
                    raise self.error
                yield page

        return pages


async def _ends_as_expected(verified_notes: VerifiedNotes, run: Run) -> None:
    found = {str(key.parts[0]): one for key, one in (await verified_notes.findings()).items()}
    assert {key: one.comparison.verdict for key, one in found.items()} == EXPECTED
    assert {one.first_run for one in found.values()} == {run.id}
    tally = replace(run.tally, read_units=0.0)
    rows = ROWS + 6
    assert tally == Tally(
        source_rows=rows,
        target_items=ROWS + 7,
        equal_keys=ROWS + 2,
        lagging_keys=1,
        drifted_keys=len(EXPECTED),
    )
    assert run.state is RunState.FINISHED
    assert run.finished_at is not None
    ((keys, drifted),) = await verified_notes.sql(
        "SELECT sum(keys), sum(drifted) FROM crossfade.coverage WHERE entity = 'note'"
    )
    assert (keys, drifted) == (rows, len(EXPECTED))


@pytest.mark.parametrize(
    ("part", "method", "calls", "after"),
    [
        ("rows", "pages", 1, False),
        ("rows", "pages", 4, False),
        ("table", "pages", 1, False),
        ("table", "pages", 6, False),
        ("objects", "list", 1, False),
        ("checker", "check_keys", 1, False),
        ("checker", "check_keys", 2, True),
        ("checker", "check_items", 1, False),
        ("checker", "check_items", 2, True),
        ("findings", "record", 1, False),
        ("findings", "record", 2, True),
        ("findings", "open_page", 1, True),
        ("findings", "open_page", 2, True),
        ("coverage", "record", 1, True),
        ("unverified", "settle_through", 1, False),
        ("runs", "advance", 1, False),
        ("runs", "advance", 2, True),
        ("runs", "advance", 8, False),
        ("runs", "advance", 12, True),
        ("runs", "advance", 19, False),
        ("runs", "advance", 24, True),
        ("runs", "finish", 1, False),
    ],
)
async def test_a_pass_killed_at_a_step_continues_and_ends_alike(
    verified_notes: VerifiedNotes,
    tmp_path: Path,
    part: str,
    method: str,
    calls: int,
    *,
    after: bool,
) -> None:
    parts = _parts(verified_notes, tmp_path)
    deadly: Any = Deadly(getattr(parts.stores, part), method, calls, after=after)
    changes = {part: deadly}
    with pytest.raises(Killed):
        await parts.having(**changes).run()
    (killed,) = await verified_notes.verifier.runs.newest()
    assert killed.state is RunState.RUNNING
    counted: Any = Deadly(parts.stores.rows, "pages", 1000)
    run = await parts.having(rows=counted).run()
    await _ends_as_expected(verified_notes, run)
    assert run.id == killed.id
    assert len(verified_notes.observed(PassResumed)) == 1
    pages_left = -(-(ROWS + 6 - killed.tally.source_rows) // ROWS_OF_PAGE)
    assert 1000 - counted.calls <= pages_left
    assert _within(tmp_path) == []


@pytest.mark.parametrize(
    ("part", "method", "calls"),
    [
        ("rows", "pages", 4),
        ("table", "pages", 5),
        ("objects", "list", 2),
        ("checker", "check_items", 2),
    ],
)
async def test_a_failed_pass_continues_and_counts_nothing_twice(
    verified_notes: VerifiedNotes, tmp_path: Path, part: str, method: str, calls: int
) -> None:
    """It records its progress when it fails, however long ago it last did."""
    parts = _parts(verified_notes, tmp_path)
    parts = replace(parts, limits=replace(parts.limits, report_seconds=1000.0))
    failing: Any = Deadly(getattr(parts.stores, part), method, calls, error=Unreachable)
    changes = {part: failing}
    with pytest.raises(Unreachable):
        await parts.having(**changes).run()
    (failed,) = await verified_notes.verifier.runs.newest()
    assert failed.state is RunState.FAILED
    run = await parts.run()
    assert run.id == failed.id
    await _ends_as_expected(verified_notes, run)


async def test_a_pass_killed_again_and_again_comes_to_its_end(
    verified_notes: VerifiedNotes, tmp_path: Path
) -> None:
    parts = _parts(verified_notes, tmp_path)
    killed = 0
    while True:
        deadly: Any = Deadly(parts.stores.runs, "advance", 3, after=bool(killed % 2))
        try:
            run = await parts.having(runs=deadly).run()
        except Killed:
            killed += 1
        else:
            break
    assert killed > 3
    assert run.id == 1
    await _ends_as_expected(verified_notes, run)


def _within(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def _killed(verified_notes: VerifiedNotes, tmp_path: Path) -> TestedPass:
    """Kill a pass that has read everything and compared nothing."""
    parts = _parts(verified_notes, tmp_path)
    deadly: Any = Deadly(parts.stores.objects, "list", 1)
    with pytest.raises(Killed):
        await parts.having(objects=deadly).run()
    return parts


async def test_a_pass_begins_anew_on_restart(verified_notes: VerifiedNotes, tmp_path: Path) -> None:
    parts = await _killed(verified_notes, tmp_path)
    run = await parts.run(restart=True)
    assert run.id == 2
    await _ends_as_expected(verified_notes, run)
    old = await verified_notes.verifier.runs.find(1)
    assert old is not None
    assert old.state is RunState.FAILED
    assert _within(tmp_path) == []


async def _reason(verified_notes: VerifiedNotes, parts: TestedPass) -> str:
    """Make another pass; return why it does not continue the one that was killed."""
    run = await parts.run()
    assert run.id == 2
    await _ends_as_expected(verified_notes, run)
    (event,) = verified_notes.observed(PassAbandoned)
    assert isinstance(event, PassAbandoned)
    return event.reason


async def test_missing_records_are_reported(verified_notes: VerifiedNotes, tmp_path: Path) -> None:
    parts = await _killed(verified_notes, tmp_path)
    shutil.rmtree(_within(tmp_path)[0])
    assert "not on this machine" in await _reason(verified_notes, parts)


async def test_truncated_records_are_reported(
    verified_notes: VerifiedNotes, tmp_path: Path
) -> None:
    parts = await _killed(verified_notes, tmp_path)
    file = _within(tmp_path)[0] / "rows"
    file.write_bytes(file.read_bytes()[:-1])
    assert "not complete" in await _reason(verified_notes, parts)


async def test_another_form_of_records_is_reported(
    verified_notes: VerifiedNotes, tmp_path: Path
) -> None:
    parts = await _killed(verified_notes, tmp_path)
    await verified_notes.sql(
        "UPDATE crossfade.run SET progress = jsonb_set(progress, '{form}', '\"other\"')"
    )
    assert "have changed" in await _reason(verified_notes, parts)


async def test_a_pass_of_long_ago_is_reported(
    verified_notes: VerifiedNotes, tmp_path: Path
) -> None:
    parts = await _killed(verified_notes, tmp_path)
    await verified_notes.sql("UPDATE crossfade.run SET seen_at = seen_at - interval '30 hours'")
    assert "silent for 30 hours" in await _reason(verified_notes, parts)


async def test_a_pass_under_way_is_not_taken_over(
    verified_notes: VerifiedNotes, tmp_path: Path
) -> None:
    """Another pass begins beside it, and both come to their ends."""
    parts = _parts(verified_notes, tmp_path)
    second: list[Run] = []

    @dataclass
    class Meanwhile:
        """Rows with another pass before their first page."""

        rows: Any

        async def catch_up(self) -> None:
            second.append(await parts.run())

        def __getattr__(self, name: str) -> Any:
            return getattr(self.rows, name)

    meanwhile: Any = Meanwhile(parts.stores.rows)
    first = await parts.having(rows=meanwhile).run()
    assert (first.id, second[0].id) == (1, 2)
    assert first.state is second[0].state is RunState.FINISHED
    assert _within(tmp_path) == []
