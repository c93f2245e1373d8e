"""Every class of corruption is found in one pass, named right, repaired; a second pass is clean."""

from __future__ import annotations

import pytest

from campaigns.mapping import APPLICATION
from crossfade.parity.model import Verdict
from crossfade.runtime.repair import open_repair
from crossfade.runtime.verification import Verifier, open_verifier
from crossfade.testing.corruption.corruption import Corruption
from support.damage import furnish, inject
from support.engines.product import RunningProduct
from support.repairs import repair_page

NAMES = {
    **dict.fromkeys(Corruption, Verdict.DRIFT_DIFFERS),
    Corruption.LOST_ITEM: Verdict.DRIFT_MISSING,
    Corruption.BOUNDARY_ROWS: Verdict.DRIFT_MISSING,
    Corruption.SKIPPED_WINDOW: Verdict.DRIFT_MISSING,
    Corruption.TOMBSTONE_OVER_ROW: Verdict.DRIFT_MISSING,
    Corruption.LOST_DELETE: Verdict.DRIFT_EXTRA,
    Corruption.EXTRA_ITEM: Verdict.DRIFT_EXTRA,
    Corruption.STALE_ITEM: Verdict.DRIFT_STALE,
    Corruption.WRONG_POINTER: Verdict.DRIFT_POINTER,
    Corruption.OLD_POINTER: Verdict.DRIFT_POINTER,
    Corruption.MISSING_OBJECT: Verdict.DRIFT_OBJECT,
    Corruption.TRUNCATED_OBJECT: Verdict.DRIFT_OBJECT,
    Corruption.WRONG_OBJECT: Verdict.DRIFT_OBJECT,
    Corruption.UNCAPTURED_CHANGE: Verdict.DRIFT_UNCAPTURED,
}
ENTITIES = [mapping.name for mapping in APPLICATION.mappings]


async def found(verifier: Verifier) -> dict[str, Verdict]:
    await verifier.run_full_pass(is_deep=True)
    page = await verifier.findings.open_page(ENTITIES)
    return {str(one.comparison.key): one.comparison.verdict for one in page}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("corruption", list(Corruption))
async def test_a_corruption_is_found_named_repaired_and_gone(
    product: RunningProduct, corruption: Corruption, seed: int
) -> None:
    await furnish(product)
    settings = product.settings
    async with (
        open_verifier(settings, APPLICATION.mappings, product.events.append) as verifier,
        open_repair(settings, APPLICATION, "repair by a test", product.events.append) as route,
    ):
        assert await found(verifier) == {}
        (injected,) = await inject(product, corruption, seed=seed)
        assert await found(verifier) == {str(key): NAMES[corruption] for key in injected.keys}
        results = await repair_page(route, after=0, findings_max=100)
        assert {result.is_closed for result in results} == {True}
        assert await found(verifier) == {}
    await product.assert_equal()


async def test_all_corruptions_together_are_found_and_repaired(product: RunningProduct) -> None:
    await furnish(product)
    settings = product.settings
    async with (
        open_verifier(settings, APPLICATION.mappings, product.events.append) as verifier,
        open_repair(settings, APPLICATION, "repair by a test", product.events.append) as route,
    ):
        done = await inject(product, *Corruption, seed=5)
        assert await found(verifier) == {
            str(key): NAMES[one.corruption] for one in done for key in one.keys
        }
        await repair_page(route, after=0, findings_max=100)
        assert await found(verifier) == {}
    await product.assert_equal()
