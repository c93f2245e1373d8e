"""The delivery status that a migration returns to an application, under any fault of the stores."""

from __future__ import annotations

import anyio
import pytest

from campaigns.actions import create_session, update_session
from campaigns.inputs import NewSession, SessionChanges
from crossfade.errors import ConfigurationError
from crossfade.relay.status import DeliveryStatus
from crossfade.runtime.migration import STATUS_SECONDS
from crossfade.testing import Stall
from support.engines.product import RunningProduct

HUNG_SECONDS = STATUS_SECONDS + 7
"""Less than the driver takes to give up a connection that hangs."""


async def where(product: RunningProduct, *sessions: str) -> tuple[DeliveryStatus, ...]:
    return await product.migration.delivery_status("session", [(session,) for session in sessions])


async def test_a_session_is_on_its_way_until_both_stores_have_it(product: RunningProduct) -> None:
    await product.dynamo.refuse()
    session = await create_session(product.app, product.user_id, NewSession(name="One"))
    assert await where(product, session.id) == (DeliveryStatus.ON_ITS_WAY,)
    await product.dynamo.accept()
    await product.drain()
    assert await where(product, session.id) == (DeliveryStatus.IN_BOTH_STORES,)
    await product.dynamo.refuse()
    changes = SessionChanges(expected_revision=0, name="Two")
    await update_session(product.app, product.user_id, session.id, changes)
    assert await where(product, session.id, "nothing") == (
        DeliveryStatus.ON_ITS_WAY,
        DeliveryStatus.NOT_CAPTURED,
    )
    await product.dynamo.accept()


async def test_a_database_that_hangs_delays_and_fails_no_request(
    product: RunningProduct,
) -> None:
    await product.database.inject(Stall())
    with anyio.fail_after(HUNG_SECONDS):
        assert await where(product, "a", "b") == (DeliveryStatus.UNKNOWN,) * 2
    await product.database.heal()


async def test_only_rows_of_the_application_are_asked_for(product: RunningProduct) -> None:
    assert await where(product) == ()
    for entity, key in (("nothing", ("a",)), ("member", ("a",))):
        with pytest.raises(ConfigurationError):
            await product.migration.delivery_status(entity, [key])
