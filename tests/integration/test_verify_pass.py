"""A full pass finds every difference, names it, and closes what holds no longer."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from crossfade.dynamo import TableScan
from crossfade.events import DriftFound, Verified
from crossfade.mapping.state import Key
from crossfade.parity.full_pass import PassLimits
from crossfade.parity.model import Cause, Verdict
from crossfade.postgres import PostgresScan
from support.postgres_tables import NOTES
from support.verification import TestedPass, VerifiedNotes


async def test_equal_stores_have_no_finding(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add(*(f"n{number}" for number in range(60)), content="long")
    await verified_notes.add("loose", folder=None)
    await verified_notes.add("deleted")
    await verified_notes.sql("DELETE FROM notes WHERE id = 'deleted'")
    await verified_notes.drain()
    run = await verified_notes.verifier.run_full_pass(is_deep=True)
    assert await verified_notes.findings() == {}
    assert (run.tally.source_rows, run.tally.equal_keys, run.tally.target_items) == (61, 61, 62)
    assert run.tally.orphan_objects == 0
    assert any(isinstance(event, Verified) and event.equal == 61 for event in verified_notes.events)


async def test_a_lost_item_is_missing(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a", "b")
    await verified_notes.drain()
    verified_notes.remove("a")
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_MISSING}
    assert DriftFound(1, Verdict.DRIFT_MISSING, 1) in verified_notes.events


async def test_a_tombstone_over_a_live_row_is_a_missing_item(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a")
    await verified_notes.drain()
    key = {name: verified_notes.item("a")[name] for name in ("pk", "sk")}
    verified_notes.put({**key, "cf_v": {"N": "7"}, "cf_deleted": {"BOOL": True}})
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_MISSING}


async def test_a_lost_delete_is_an_extra_item(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a")
    await verified_notes.drain()
    item = verified_notes.item("a")
    await verified_notes.sql("DELETE FROM notes")
    await verified_notes.drain()
    verified_notes.put(item)
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_EXTRA}
    (finding,) = (await verified_notes.findings()).values()
    assert finding.comparison.cause is Cause.LOST_DELETE
    assert finding.comparison.key == Key("note", ("a", "f", None))


async def test_an_older_item_than_acknowledged_is_stale(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a")
    await verified_notes.drain()
    item = verified_notes.item("a")
    await verified_notes.sql("UPDATE notes SET title = 'newer'")
    await verified_notes.drain()
    verified_notes.put(item)
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_STALE}


async def test_a_changed_attribute_is_named(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a", "b")
    await verified_notes.drain()
    verified_notes.put({**verified_notes.item("a"), "title": {"S": "another"}, "stray": {"N": "1"}})
    verified_notes.put({**verified_notes.item("b"), "title": {"NULL": True}})
    assert set((await verified_notes.verdicts()).values()) == {Verdict.DRIFT_DIFFERS}
    fields = {
        key.parts[0]: one.comparison.fields
        for key, one in (await verified_notes.findings()).items()
    }
    assert fields == {"a": ("stray", "title"), "b": ("title",)}


async def test_identifiers_of_another_entity_differ(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a")
    await verified_notes.drain()
    verified_notes.put({**verified_notes.item("a"), "__edb_e__": {"S": "Other"}})
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_DIFFERS}
    (finding,) = (await verified_notes.findings()).values()
    assert finding.comparison.fields == ("__edb_e__",)


async def test_items_that_swapped_their_attributes_both_differ(
    verified_notes: VerifiedNotes,
) -> None:
    """Their hashes would cancel if buckets combined them by exclusive or, keys apart."""
    await verified_notes.add("a", "b")
    await verified_notes.drain()
    first, second = verified_notes.item("a"), verified_notes.item("b")
    verified_notes.put({**first, "title": second["title"]})
    verified_notes.put({**second, "title": first["title"]})
    assert set((await verified_notes.verdicts()).items()) == {
        ("a", Verdict.DRIFT_DIFFERS),
        ("b", Verdict.DRIFT_DIFFERS),
    }


async def test_a_pointer_to_another_content_is_named(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a", content="first")
    await verified_notes.drain()
    old = verified_notes.item("a")["contentKey"]
    await verified_notes.sql("UPDATE notes SET content = 'second'")
    await verified_notes.drain()
    verified_notes.put({**verified_notes.item("a"), "contentKey": old})
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_POINTER}
    (finding,) = (await verified_notes.findings()).values()
    assert finding.comparison.fields == ("contentKey",)


async def test_a_missing_object_is_found_without_reading_it(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a", "b", content="text")
    await verified_notes.drain()
    verified_notes.s3.delete_object(
        Bucket=verified_notes.table, Key=verified_notes.item("a")["contentKey"]["S"]
    )
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_OBJECT}


async def test_a_damaged_object_is_found_by_a_deep_pass(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a", "b", content="a text of some length")
    await verified_notes.drain()
    name = verified_notes.item("a")["contentKey"]["S"]
    head = verified_notes.s3.head_object(Bucket=verified_notes.table, Key=name)
    body = verified_notes.s3.get_object(Bucket=verified_notes.table, Key=name)["Body"].read()
    verified_notes.s3.put_object(
        Bucket=verified_notes.table, Key=name, Body=body[:-2], Metadata=head["Metadata"]
    )
    assert await verified_notes.verdicts(is_deep=True) == {"a": Verdict.DRIFT_OBJECT}


async def test_a_foreign_item_in_our_key_space_is_found_and_others_are_ignored(
    verified_notes: VerifiedNotes,
) -> None:
    verified_notes.put({"pk": {"S": "FOLDER#f"}, "sk": {"S": "NOTE#x"}, "title": {"S": "mine"}})
    verified_notes.put({"pk": {"S": "ELSE#f"}, "sk": {"S": "NOTE#x"}, "title": {"S": "theirs"}})
    await verified_notes.verifier.run_full_pass()
    (finding,) = (await verified_notes.findings()).values()
    assert finding.comparison.verdict is Verdict.DRIFT_FOREIGN
    assert finding.comparison.key == Key("", ("FOLDER#f", "NOTE#x"))


async def test_writes_behind_the_triggers_are_named(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("changed")
    await verified_notes.drain()
    await verified_notes.past_capture("UPDATE notes SET title = 'unseen'")
    await verified_notes.past_capture(
        "INSERT INTO notes (id, owner, folder) VALUES ('new', 'o', 'f')"
    )
    assert await verified_notes.verdicts() == {
        "changed": Verdict.DRIFT_UNCAPTURED,
        "new": Verdict.DRIFT_UNCAPTURED,
    }


async def test_a_row_from_before_the_capture_is_not_backfilled(
    verified_notes: VerifiedNotes,
) -> None:
    await verified_notes.add("a")
    await verified_notes.sql("DELETE FROM crossfade.ledger")
    await verified_notes.sql("UPDATE crossfade.mapping SET activated_xid = pg_current_xact_id()")
    await verified_notes.verifier.run_full_pass()
    (finding,) = (await verified_notes.findings()).values()
    assert finding.comparison.verdict is Verdict.DRIFT_MISSING
    assert finding.comparison.cause is Cause.NOT_BACKFILLED


async def test_what_is_on_its_way_lags_and_what_is_parked_is_parked(
    verified_notes: VerifiedNotes,
) -> None:
    await verified_notes.add("a", "b")
    await verified_notes.sql(
        "UPDATE crossfade.ledger SET parked_reason = 'too large' WHERE key[1] = 'b'"
    )
    run = await verified_notes.verifier.run_full_pass()
    assert await verified_notes.findings() == {}
    assert (run.tally.lagging_keys, run.tally.parked_keys, run.tally.equal_keys) == (1, 1, 0)


async def test_a_column_that_moved_to_an_object_is_equal(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a")
    await verified_notes.sql("UPDATE notes SET draft = repeat('long ', 100000)")
    await verified_notes.drain()
    assert "draftKey" in verified_notes.item("a")
    assert await verified_notes.verdicts() == {}


async def test_an_object_that_no_item_names_is_listed_and_no_error(
    verified_notes: VerifiedNotes,
) -> None:
    await verified_notes.add("a", content="first")
    await verified_notes.drain()
    await verified_notes.sql("UPDATE notes SET content = 'second'")
    await verified_notes.drain()
    run = await verified_notes.verifier.run_full_pass()
    assert run.tally.orphan_objects == 1
    assert await verified_notes.findings() == {}


async def test_a_mended_key_closes_its_finding(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a")
    await verified_notes.drain()
    item = verified_notes.item("a")
    verified_notes.remove("a")
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_MISSING}
    assert await verified_notes.verdicts() == {"a": Verdict.DRIFT_MISSING}
    verified_notes.put(item)
    assert await verified_notes.verdicts() == {}
    (finding,) = await verified_notes.verifier.findings.of_key(Key("note", ("a", "f", None)))
    assert (finding.first_run, finding.last_run, finding.closed_by) == (1, 2, "run 3")


async def test_findings_hold_no_content(verified_notes: VerifiedNotes) -> None:
    await verified_notes.add("a", content="confidential")
    await verified_notes.sql("UPDATE notes SET title = 'secret title'")
    await verified_notes.drain()
    verified_notes.put({**verified_notes.item("a"), "title": {"S": "secret too"}})
    await verified_notes.verdicts()
    with psycopg.connect(verified_notes.database.dsn) as connection:
        rows = connection.execute("SELECT finding::text FROM crossfade.finding").fetchall()
    assert len(rows) == 1
    assert not any(word in rows[0][0] for word in ("secret", "confidential"))


async def test_pages_and_rounds_smaller_than_the_table_find_the_same(
    verified_notes: VerifiedNotes,
) -> None:
    """Every row differs, and no more than a few records are held at once."""
    await verified_notes.add(*(f"n{number:03}" for number in range(120)))
    await verified_notes.drain()
    for number in range(120):
        verified_notes.remove(f"n{number:03}")
    verified_notes.put({**verified_notes.item_key("zz"), "title": {"S": "foreign"}})
    stores = replace(
        verified_notes.verifier.stores,
        rows=PostgresScan(verified_notes.verifier.resources.pool, [NOTES], rows_max=7),
        table=TableScan(
            verified_notes.migration.client, verified_notes.table, segments=3, page_items_max=5
        ),
    )
    run = await TestedPass(stores, PassLimits(records_max=5, keys_max=11)).run()
    assert run.tally.drifted_keys == 121
