"""A row that breaks the code that copies it."""

from __future__ import annotations

from dataclasses import replace

from campaigns.mapping import APPLICATION
from crossfade.events import InsertsRefused, PushFailed
from crossfade.mapping.codec.codec import Codec, Draft
from crossfade.mapping.state import Live
from support.backfill import add_campaigns, run_backfill
from support.engines.product import RunningProduct


async def test_an_internal_error_parks_only_the_row_that_caused_it(product: RunningProduct) -> None:
    """Its message quotes the row, and is not reported."""

    class Broken(Codec):
        def encode(self, live: Live) -> Draft:
            if live.columns["slug"] == "old30":
                raise KeyError(live.columns["slug"])
            return super().encode(live)

    await add_campaigns(product, 60)
    route = product.migration.route
    codecs = {**route.codecs, "campaign": Broken(APPLICATION.by_name["campaign"])}
    product.migration.route = replace(route, codecs=codecs)
    tally = (await run_backfill(product))["campaign"].tally
    assert (tally.read, tally.parked) == (60, 1)
    assert {event.error for event in product.observed(InsertsRefused)} == {KeyError}
    assert {event.error for event in product.observed(PushFailed)} == {KeyError}
    assert "old30" not in repr(product.events)
    product.migration.route = route
    await product.assert_equal()
