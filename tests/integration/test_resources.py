"""Each pool, client and store of a process is opened once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import wraps
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from campaigns.mapping import APPLICATION
from crossfade import dynamo, s3
from crossfade.runtime.migration import open_migration
from crossfade.runtime.repair import open_repair, open_sweep
from crossfade.runtime.verification import open_verifier
from crossfade.settings import Settings
from support.engines.product import RunningProduct

Open = Callable[[Settings], AbstractAsyncContextManager[object]]

OPENERS: dict[str, Open] = {
    "migration": lambda settings: open_migration(settings, APPLICATION),
    "verifier": lambda settings: open_verifier(settings, APPLICATION.mappings),
    "repair": lambda settings: open_repair(settings, APPLICATION, "a test"),
    "sweep": lambda settings: open_sweep(settings, APPLICATION, 3600.0),
}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many of each were made since the test began."""
    made: Counter[str] = Counter()
    kinds: tuple[type[Any], ...] = (
        AsyncConnectionPool,
        dynamo.Client,
        dynamo.Target,
        s3.ObjectStore,
    )
    for kind in kinds:
        monkeypatch.setattr(kind, "__init__", counted(kind, made))
    return made


def counted(kind: type[Any], made: Counter[str]) -> Callable[..., None]:
    real = kind.__init__

    @wraps(real)
    def init(self: Any, *arguments: Any, **named: Any) -> None:
        made[kind.__name__] += 1
        real(self, *arguments, **named)

    return init


@pytest.mark.parametrize("name", OPENERS)
async def test_each_is_opened_once(
    product: RunningProduct, opened: Counter[str], name: str
) -> None:
    # Other settings: clients of equal settings are shared with the product's.
    settings = product.settings.model_copy(update={"target_timeout_seconds": 21.0})
    opened.clear()
    async with OPENERS[name](settings):
        assert opened == {"AsyncConnectionPool": 1, "Client": 1, "Target": 1, "ObjectStore": 1}
