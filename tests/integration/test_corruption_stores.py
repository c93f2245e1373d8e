"""Every class of corruption, done to real stores: the independent audit sees each of them."""

from __future__ import annotations

import pytest

from campaigns.mapping import APPLICATION
from crossfade.testing.corruption.corruption import Corruption
from support.damage import furnish, inject
from support.engines.product import RunningProduct

OBJECTS = frozenset(
    {
        Corruption.WRONG_POINTER,
        Corruption.OLD_POINTER,
        Corruption.MISSING_OBJECT,
        Corruption.TRUNCATED_OBJECT,
        Corruption.WRONG_OBJECT,
    }
)
MISSING = frozenset(
    {
        Corruption.LOST_ITEM,
        Corruption.BOUNDARY_ROWS,
        Corruption.SKIPPED_WINDOW,
        Corruption.TOMBSTONE_OVER_ROW,
    }
)
EXTRA = frozenset({Corruption.LOST_DELETE, Corruption.EXTRA_ITEM})


def kind_of(corruption: Corruption) -> str:
    if corruption in MISSING:
        return "missing"
    return "extra" if corruption in EXTRA else "different"


# The audit takes a number kept as text for the same: a mapping may choose either.
@pytest.mark.parametrize(
    "corruption", [one for one in Corruption if one is not Corruption.CHANGED_TYPE]
)
async def test_a_corruption_is_seen_by_the_audit(
    product: RunningProduct, corruption: Corruption
) -> None:
    await furnish(product)
    (injected,) = await inject(product, corruption)
    assert await product.dirty() == 0, "the ledger knows of it"
    result = await product.audit()
    assert not result.is_clean
    found = [finding for finding in result.findings if finding.kind == kind_of(corruption)]
    if corruption is not Corruption.WRONG_IDENTIFIERS:
        assert len(found) == len(result.findings) == len(injected.keys)
    if corruption in OBJECTS:
        assert found[0].fields[0].endswith("StorageKey")


async def test_no_key_suffers_twice(product: RunningProduct) -> None:
    await furnish(product)
    done = await inject(product, *Corruption, seed=3)
    keys = [key for injected in done for key in injected.keys]
    assert len(keys) == len(set(keys))


async def test_a_class_that_finds_no_victim_is_left_out(product: RunningProduct) -> None:
    await product.drain()
    assert await inject(product, Corruption.MISSING_OBJECT) == ()


async def test_the_capture_continues_after_a_change_behind_it(product: RunningProduct) -> None:
    await furnish(product)
    (injected,) = await inject(product, Corruption.UNCAPTURED_CHANGE)
    assert await product.dirty() == 0
    table = next(one.table for one in APPLICATION.mappings if one.name == injected.entity)
    column = APPLICATION.by_name[injected.entity].primary_key[0]
    await product.sql(f"UPDATE {table} SET {column} = {column}")
    await product.assert_equal()
