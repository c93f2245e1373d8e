"""What a migration tells an application about its rows, whatever the stores do."""

from __future__ import annotations

import anyio
import pytest

from campaigns.actions import create_session, update_session
from campaigns.inputs import NewSession, SessionChanges
from crossfade.errors import ConfigurationError
from crossfade.relay.status import Whereabouts
from crossfade.runtime.migration import LOCATE_SECONDS
from crossfade.testing import Stall
from support.engines.world import World

HUNG_SECONDS = LOCATE_SECONDS + 7
"""Less than the driver takes to give up a connection that hangs."""


async def where(world: World, *sessions: str) -> tuple[Whereabouts, ...]:
    return await world.migration.whereabouts("session", [(session,) for session in sessions])


async def test_a_session_is_on_its_way_until_both_stores_have_it(world: World) -> None:
    await world.dynamo.refuse()
    session = await create_session(world.app, world.user_id, NewSession(name="One"))
    assert await where(world, session.id) == (Whereabouts.ON_ITS_WAY,)
    await world.dynamo.accept()
    await world.drain()
    assert await where(world, session.id) == (Whereabouts.IN_BOTH_STORES,)
    await world.dynamo.refuse()
    changes = SessionChanges(expected_revision=0, name="Two")
    await update_session(world.app, world.user_id, session.id, changes)
    assert await where(world, session.id, "nothing") == (
        Whereabouts.ON_ITS_WAY,
        Whereabouts.NOT_CAPTURED,
    )
    await world.dynamo.accept()


async def test_a_database_that_hangs_makes_nobody_wait_and_nothing_fail(world: World) -> None:
    await world.database.strike(Stall())
    with anyio.fail_after(HUNG_SECONDS):
        assert await where(world, "a", "b") == (Whereabouts.UNKNOWN,) * 2
    await world.database.heal()


async def test_only_rows_of_the_application_are_asked_for(world: World) -> None:
    assert await where(world) == ()
    for entity, key in (("nothing", ("a",)), ("member", ("a",))):
        with pytest.raises(ConfigurationError):
            await world.migration.whereabouts(entity, [key])
