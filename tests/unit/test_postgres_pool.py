"""Connections that are refused before a server is asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from crossfade.errors import ConfigurationError
from crossfade.postgres import open_pool
from crossfade.postgres.pool import connect

SECRET = "kept-back"


@pytest.mark.parametrize("door", [open_pool, connect])
@pytest.mark.parametrize(
    "dsn",
    [
        f"postgresql+asyncpg://mira:{SECRET}@127.0.0.1/campaigns",
        f"https://mira:{SECRET}@127.0.0.1/campaigns",
        SECRET,
    ],
)
async def test_what_is_no_dsn_is_refused_without_a_word_of_it(
    door: Callable[[str], AbstractAsyncContextManager[Any]], dsn: str
) -> None:
    with pytest.raises(ConfigurationError, match="postgresql://") as raised:
        async with door(dsn):
            pass
    assert SECRET not in str(raised.value)
    assert raised.value.__suppress_context__
