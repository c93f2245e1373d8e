"""Repair and sweep need the documented rights in PostgreSQL, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from campaigns.mapping import APPLICATION
from crossfade.errors import AccessDenied
from crossfade.repair import sweep
from crossfade.repair.sweep import SweepOutcome
from crossfade.runtime.repair import open_repair, open_sweep
from crossfade.testing.corruption.corruption import Corruption
from support.damage import furnish, inject
from support.engines.product import RunningProduct
from support.repairs import find, open_findings, repair_page

DOCS = Path(__file__).parents[2] / "docs"


def grants(page: str, role: str) -> list[str]:
    """The grants of a document, one by one, for a role of this test."""
    text = (DOCS / page).read_text("utf-8")
    found = re.findall(r"^(GRANT .* TO )\w+_role;", text, re.MULTILINE)
    return [f"{one}{role}" for one in found]


async def test_the_documented_grants_are_enough_and_needed(product: RunningProduct) -> None:
    await furnish(product)
    done = await inject(product, Corruption.WRONG_OBJECT, Corruption.EXTRA_ITEM)
    await find(product, *(key for one in done for key in one.keys))
    role = f"keeper_{product.settings.s3_bucket_name.replace('-', '_')}"
    await product.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    dsn = make_conninfo(product.direct.dsn, user=role, password="secret")
    settings = product.settings.model_copy(update={"database_url": SecretStr(dsn)})
    for grant in grants("ledger.md", role):
        if "public." not in grant:
            await product.sql(grant)
    for mapping in APPLICATION.mappings:
        await product.sql(f"GRANT SELECT ON {mapping.table} TO {role}")
    async with (
        open_repair(settings, APPLICATION, "a keeper", product.events.append) as route,
        open_sweep(settings, APPLICATION, 0.0, product.events.append) as broom,
    ):
        with pytest.raises(AccessDenied):
            await repair_page(route, after=0, findings_max=10)
        for grant in grants("repair.md", role):
            await product.sql(grant)
        await repair_page(route, after=0, findings_max=10)
        assert await open_findings(product) == 0
        for fate in (SweepOutcome.NOTED, SweepOutcome.REMOVED):
            batches = [batch async for batch in sweep.sweep(broom)]
            assert {one.outcome for batch in batches for one in batch.candidates} == {fate}
    await product.assert_equal()
    await product.sql(f"DROP OWNED BY {role}")
    await product.sql(f"DROP ROLE {role}")
