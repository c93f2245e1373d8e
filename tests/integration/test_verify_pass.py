"""A full pass finds every difference, names it, and closes what holds no longer."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from crossfade.dynamo import TableScan
from crossfade.events import DriftFound, Verified
from crossfade.mapping.state import Key
from crossfade.parity.full_pass import full_pass
from crossfade.parity.model import Cause, Verdict
from crossfade.postgres import PostgresScan
from support.postgres_tables import NOTES
from support.verification import Stage


async def test_equal_stores_have_no_finding(stage: Stage) -> None:
    await stage.add(*(f"n{number}" for number in range(60)), content="long")
    await stage.add("loose", folder=None)
    await stage.add("deleted")
    await stage.sql("DELETE FROM notes WHERE id = 'deleted'")
    await stage.drain()
    run = await stage.verifier.full_pass(is_deep=True)
    assert await stage.findings() == {}
    assert (run.tally.source_rows, run.tally.equal_keys, run.tally.target_items) == (61, 61, 62)
    assert run.tally.orphan_objects == 0
    assert any(isinstance(event, Verified) and event.equal == 61 for event in stage.events)


async def test_a_lost_item_is_missing(stage: Stage) -> None:
    await stage.add("a", "b")
    await stage.drain()
    stage.remove("a")
    assert await stage.verdicts() == {"a": Verdict.DRIFT_MISSING}
    assert DriftFound(1, Verdict.DRIFT_MISSING, 1) in stage.events


async def test_a_tombstone_over_a_live_row_is_a_missing_item(stage: Stage) -> None:
    await stage.add("a")
    await stage.drain()
    key = {name: stage.item("a")[name] for name in ("pk", "sk")}
    stage.put({**key, "cf_v": {"N": "7"}, "cf_deleted": {"BOOL": True}})
    assert await stage.verdicts() == {"a": Verdict.DRIFT_MISSING}


async def test_a_lost_delete_is_an_extra_item(stage: Stage) -> None:
    await stage.add("a")
    await stage.drain()
    item = stage.item("a")
    await stage.sql("DELETE FROM notes")
    await stage.drain()
    stage.put(item)
    assert await stage.verdicts() == {"a": Verdict.DRIFT_EXTRA}
    (finding,) = (await stage.findings()).values()
    assert finding.judgement.cause is Cause.LOST_DELETE
    assert finding.judgement.key == Key("note", ("a", "f", None))


async def test_an_older_item_than_acknowledged_is_stale(stage: Stage) -> None:
    await stage.add("a")
    await stage.drain()
    item = stage.item("a")
    await stage.sql("UPDATE notes SET title = 'newer'")
    await stage.drain()
    stage.put(item)
    assert await stage.verdicts() == {"a": Verdict.DRIFT_STALE}


async def test_a_changed_attribute_is_named(stage: Stage) -> None:
    await stage.add("a", "b")
    await stage.drain()
    stage.put({**stage.item("a"), "title": {"S": "another"}, "stray": {"N": "1"}})
    stage.put({**stage.item("b"), "title": {"NULL": True}})
    assert set((await stage.verdicts()).values()) == {Verdict.DRIFT_DIFFERS}
    fields = {key.parts[0]: one.judgement.fields for key, one in (await stage.findings()).items()}
    assert fields == {"a": ("stray", "title"), "b": ("title",)}


async def test_identifiers_of_another_entity_differ(stage: Stage) -> None:
    await stage.add("a")
    await stage.drain()
    stage.put({**stage.item("a"), "__edb_e__": {"S": "Other"}})
    assert await stage.verdicts() == {"a": Verdict.DRIFT_DIFFERS}
    (finding,) = (await stage.findings()).values()
    assert finding.judgement.fields == ("__edb_e__",)


async def test_items_that_swapped_their_attributes_both_differ(stage: Stage) -> None:
    """Their hashes would cancel if buckets combined them by exclusive or, keys apart."""
    await stage.add("a", "b")
    await stage.drain()
    first, second = stage.item("a"), stage.item("b")
    stage.put({**first, "title": second["title"]})
    stage.put({**second, "title": first["title"]})
    assert set((await stage.verdicts()).items()) == {
        ("a", Verdict.DRIFT_DIFFERS),
        ("b", Verdict.DRIFT_DIFFERS),
    }


async def test_a_pointer_to_another_content_is_named(stage: Stage) -> None:
    await stage.add("a", content="first")
    await stage.drain()
    old = stage.item("a")["contentKey"]
    await stage.sql("UPDATE notes SET content = 'second'")
    await stage.drain()
    stage.put({**stage.item("a"), "contentKey": old})
    assert await stage.verdicts() == {"a": Verdict.DRIFT_POINTER}
    (finding,) = (await stage.findings()).values()
    assert finding.judgement.fields == ("contentKey",)


async def test_a_missing_object_is_found_without_reading_it(stage: Stage) -> None:
    await stage.add("a", "b", content="text")
    await stage.drain()
    stage.s3.delete_object(Bucket=stage.table, Key=stage.item("a")["contentKey"]["S"])
    assert await stage.verdicts() == {"a": Verdict.DRIFT_OBJECT}


async def test_a_damaged_object_is_found_by_a_deep_pass(stage: Stage) -> None:
    await stage.add("a", "b", content="a text of some length")
    await stage.drain()
    name = stage.item("a")["contentKey"]["S"]
    head = stage.s3.head_object(Bucket=stage.table, Key=name)
    body = stage.s3.get_object(Bucket=stage.table, Key=name)["Body"].read()
    stage.s3.put_object(Bucket=stage.table, Key=name, Body=body[:-2], Metadata=head["Metadata"])
    assert await stage.verdicts(is_deep=True) == {"a": Verdict.DRIFT_OBJECT}


async def test_a_foreign_item_in_our_key_space_is_found_and_others_are_left_alone(
    stage: Stage,
) -> None:
    stage.put({"pk": {"S": "FOLDER#f"}, "sk": {"S": "NOTE#x"}, "title": {"S": "mine"}})
    stage.put({"pk": {"S": "ELSE#f"}, "sk": {"S": "NOTE#x"}, "title": {"S": "theirs"}})
    await stage.verifier.full_pass()
    (finding,) = (await stage.findings()).values()
    assert finding.judgement.verdict is Verdict.DRIFT_FOREIGN
    assert finding.judgement.key == Key("", ("FOLDER#f", "NOTE#x"))


async def test_writes_behind_the_triggers_are_named(stage: Stage) -> None:
    await stage.add("changed")
    await stage.drain()
    await stage.past_capture("UPDATE notes SET title = 'unseen'")
    await stage.past_capture("INSERT INTO notes (id, owner, folder) VALUES ('new', 'o', 'f')")
    assert await stage.verdicts() == {
        "changed": Verdict.DRIFT_UNCAPTURED,
        "new": Verdict.DRIFT_UNCAPTURED,
    }


async def test_a_row_from_before_the_capture_is_not_backfilled(stage: Stage) -> None:
    await stage.add("a")
    await stage.sql("DELETE FROM crossfade.ledger")
    await stage.sql("UPDATE crossfade.mapping SET activated_xid = pg_current_xact_id()")
    await stage.verifier.full_pass()
    (finding,) = (await stage.findings()).values()
    assert finding.judgement.verdict is Verdict.DRIFT_MISSING
    assert finding.judgement.cause is Cause.NOT_BACKFILLED


async def test_what_is_on_its_way_lags_and_what_is_parked_is_parked(stage: Stage) -> None:
    await stage.add("a", "b")
    await stage.sql("UPDATE crossfade.ledger SET parked_reason = 'too large' WHERE key[1] = 'b'")
    run = await stage.verifier.full_pass()
    assert await stage.findings() == {}
    assert (run.tally.lagging_keys, run.tally.parked_keys, run.tally.equal_keys) == (1, 1, 0)


async def test_a_column_that_moved_to_an_object_is_equal(stage: Stage) -> None:
    await stage.add("a")
    await stage.sql("UPDATE notes SET draft = repeat('long ', 100000)")
    await stage.drain()
    assert "draftKey" in stage.item("a")
    assert await stage.verdicts() == {}


async def test_an_object_that_no_item_names_is_listed_and_no_error(stage: Stage) -> None:
    await stage.add("a", content="first")
    await stage.drain()
    await stage.sql("UPDATE notes SET content = 'second'")
    await stage.drain()
    run = await stage.verifier.full_pass()
    assert run.tally.orphan_objects == 1
    assert await stage.findings() == {}


async def test_a_mended_key_closes_its_finding(stage: Stage) -> None:
    await stage.add("a")
    await stage.drain()
    item = stage.item("a")
    stage.remove("a")
    assert await stage.verdicts() == {"a": Verdict.DRIFT_MISSING}
    assert await stage.verdicts() == {"a": Verdict.DRIFT_MISSING}
    stage.put(item)
    assert await stage.verdicts() == {}
    (finding,) = await stage.verifier.findings.of_key(Key("note", ("a", "f", None)))
    assert (finding.first_run, finding.last_run, finding.closed_by) == (1, 2, "run 3")


async def test_findings_hold_no_content(stage: Stage) -> None:
    await stage.add("a", content="confidential")
    await stage.sql("UPDATE notes SET title = 'secret title'")
    await stage.drain()
    stage.put({**stage.item("a"), "title": {"S": "secret too"}})
    await stage.verdicts()
    with psycopg.connect(stage.database.dsn) as connection:
        rows = connection.execute("SELECT finding::text FROM crossfade.finding").fetchall()
    assert len(rows) == 1
    assert not any(word in rows[0][0] for word in ("secret", "confidential"))


async def test_pages_and_rounds_smaller_than_the_table_find_the_same(stage: Stage) -> None:
    """Every row differs, and no more than a few records are held at once."""
    await stage.add(*(f"n{number:03}" for number in range(120)))
    await stage.drain()
    for number in range(120):
        stage.remove(f"n{number:03}")
    stage.put({**stage.item_key("zz"), "title": {"S": "foreign"}})
    parts = replace(
        stage.verifier.parts,
        rows=PostgresScan(stage.verifier.source, [NOTES], rows_max=7),
        table=TableScan(stage.migration.client, stage.table, segments=3, page_items_max=5),
        records_max=5,
        keys_max=11,
    )
    run = await full_pass(parts, is_deep=False)
    assert run.tally.drifted_keys == 121
