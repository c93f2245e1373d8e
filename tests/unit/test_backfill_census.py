"""What rows would become, and those that do not fit."""

from __future__ import annotations

import dataclasses

from crossfade.backfill.windows import Progress, Tally, Window, windows_between
from crossfade.cli.backfill_progress import figures, text_of, total
from crossfade.mapping.codec.codec import Codec
from crossfade.mapping.state import BodyRef, Key, Live
from crossfade.preflight.census import MISFITS_SHOWN_MAX, Census
from support.postgres_tables import NOTES


def note(note_id: str, **columns: str | None) -> Live:
    texts = {"id": note_id, "owner": "o", "folder": "f", "title": "t", "draft": None} | columns
    return Live(Key("note", (note_id, "f", None)), 0, texts)


def test_items_objects_and_write_units_are_counted() -> None:
    census = Census(Codec(NOTES))
    census.add(note("a"))
    census.add(note("b", title="x" * 2000))
    with_body = dataclasses.replace(
        note("c"), bodies=(BodyRef("content", "0" * 64, 5_000, stored=False),)
    )
    census.add(with_body)
    assert (census.items, census.misfits) == (3, 0)
    assert census.write_units == census.item_units == 1 + 3 + 1
    assert (census.objects, census.object_bytes) == (1, 5_000)
    assert 2000 < census.item_bytes_max < census.item_bytes


def test_a_column_that_moves_to_an_object_is_counted_there() -> None:
    census = Census(Codec(NOTES))
    census.add(note("a", draft="x" * 500_000))
    assert (census.items, census.objects, census.object_bytes) == (1, 1, 500_000)


def test_misfits_are_named_by_primary_key_and_never_by_content() -> None:
    census = Census(Codec(NOTES))
    census.add(note("long", folder="secret" * 500))
    census.add(note("large", title="secret" * 100_000))
    assert [misfit.primary_key for misfit in census.shown] == [("long",), ("large",)]
    assert "secret" not in repr([(one.problem, one.remedy) for one in census.shown])
    assert "the limit is 409600" in census.shown[1].problem
    assert all(misfit.remedy for misfit in census.shown)


def test_only_the_first_misfits_are_kept() -> None:
    census = Census(Codec(NOTES))
    for number in range(MISFITS_SHOWN_MAX + 50):
        census.add(note(str(number), folder=""))
    assert census.misfits == MISFITS_SHOWN_MAX + 50
    assert len(census.shown) == MISFITS_SHOWN_MAX


def test_windows_cover_every_key_once() -> None:
    assert windows_between("note", []) == (Window("note", 0, None, None),)
    assert windows_between("note", [("b",), ("m",)]) == (
        Window("note", 0, None, ("b",)),
        Window("note", 1, ("b",), ("m",)),
        Window("note", 2, ("m",), None),
    )


def test_tallies_add_up() -> None:
    assert Tally(read=3, written=2, parked=1) + Tally(read=1, skipped=1) == Tally(4, 2, 1, 0, 1)


def test_figures_show_rate_and_time_left() -> None:
    now = figures(Progress("note", 1000, 4, 1, 2, Tally(read=300)), 100, 10.0)
    assert (now.rows_per_second, now.eta_seconds) == (20.0, 35.0)
    assert "300 of about 1,000 rows" in text_of(now)


def test_figures_of_a_finished_backfill_no_longer_guess() -> None:
    now = figures(Progress("note", 1000, 4, 4, 0, Tally(read=1100)), 0, 10.0)
    assert (now.rows_estimated, now.eta_seconds) == (1100, 0.0)
    idle = figures(Progress("note", 1000, 4, 0, 0, Tally()), 0, 0.0)
    assert (idle.rows_per_second, idle.eta_seconds) == (0.0, None)


def test_entities_are_summed() -> None:
    one, other = (Progress(name, 10, 2, 1, 1, Tally(read=5)) for name in ("a", "b"))
    assert total([one, other]) == Progress("all", 20, 4, 2, 2, Tally(read=10))
