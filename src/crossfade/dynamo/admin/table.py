"""The table itself: created, described and deleted through AWS's control plane."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from crossfade.dynamo.admin.control_plane import Control
from crossfade.dynamo.admin.plan import (
    Change,
    Description,
    Plan,
    changes,
    check,
    creation,
    description_of,
    is_active,
)
from crossfade.dynamo.config import Config
from crossfade.errors import ConfigurationError, Contended, InvalidRequest, NoSuchStore, TimedOut

POLL_SECONDS = 0.25
TIMEOUT_SECONDS = 300.0

Table = Mapping[str, Any]


async def create_table(
    config: Config, plan: Plan, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> Description:
    """Create a table, or bring the one that stands there to the plan; done when it is active.

    Protection, recovery, encryption and expiry are switched on where the plan wants them and never
    off; keys and indexes of an existing table are compared, not changed.

    Raises:
        ConfigurationError: a table of this name has other keys or lacks an index.
        TimedOut: it was not active in time; call again to go on.
        CrossfadeError: as `failures.ERRORS` says.
    """
    async with Control(config) as control, _deadline(plan.name, timeout_seconds):
        if await _find(control, plan.name) is None:
            await _create(control, plan)
        await _until(control, plan.name, is_active)
        found = await _describe(control, plan.name)
        check(plan, found)
        notes = [await _apply(control, change) for change in changes(plan, found)]
        await _until(control, plan.name, is_active)
        found = await _describe(control, plan.name)
        return replace(found, notes=tuple(note for note in notes if note is not None))


async def describe_table(config: Config, name: str) -> Description:
    """Describe a table.

    Raises:
        NoSuchStore: there is none of this name.
    """
    async with Control(config) as control:
        return await _describe(control, name)


async def delete_table(
    config: Config, name: str, *, force: bool = False, timeout_seconds: float = TIMEOUT_SECONDS
) -> None:
    """Delete a table with all its items; done when it is gone.

    Args:
        config: where it is.
        name: the table's name.
        force: whether to switch deletion protection off first.
        timeout_seconds: how long AWS may take.

    Raises:
        NoSuchStore: there is none of this name.
        ConfigurationError: it is protected, and `force` is not given.
        TimedOut: it was not gone in time.
    """
    async with Control(config) as control, _deadline(name, timeout_seconds):
        found = await _describe(control, name)
        if found.deletion_protection:
            if not force:
                raise ConfigurationError(
                    f"{name}: deletion protection is on; give --force to switch it off and delete"
                )
            await control.call("update_table", TableName=name, DeletionProtectionEnabled=False)
            await _until(control, name, is_active)
        await control.call("delete_table", TableName=name)
        await _until(control, name, lambda table: table is None)


async def _create(control: Control, plan: Plan) -> None:
    try:
        await control.call("create_table", **creation(plan))
    except Contended:
        return  # someone else creates it at this moment; what they made is checked like any other


async def _apply(control: Control, change: Change) -> str | None:
    """Make a change, waiting while the table is busy; returns why the engine refused, if it did."""
    while True:
        try:
            await control.call(change.method, **change.request)
        except Contended:
            await asyncio.sleep(POLL_SECONDS)
        except InvalidRequest as error:
            return f"{change.feature}: not available here: {error}"
        else:
            return None


async def _find(control: Control, name: str) -> Table | None:
    try:
        answer = await control.call("describe_table", TableName=name)
    except NoSuchStore:
        return None
    table: Table = answer["Table"]
    return table


async def _describe(control: Control, name: str) -> Description:
    answer = await control.call("describe_table", TableName=name)
    backups = await _optional(control, "describe_continuous_backups", name)
    ttl = await _optional(control, "describe_time_to_live", name)
    return description_of(
        answer["Table"],
        None if backups is None else backups["ContinuousBackupsDescription"],
        None if ttl is None else ttl["TimeToLiveDescription"],
    )


async def _optional(control: Control, method: str, name: str) -> dict[str, Any] | None:
    """Ask what local engines may not have an answer to."""
    try:
        return await control.call(method, TableName=name)
    except InvalidRequest:
        return None


async def _until(control: Control, name: str, reached: Callable[[Table | None], bool]) -> None:
    while not reached(await _find(control, name)):  # noqa: ASYNC110 - AWS tells nobody
        await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def _deadline(name: str, seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise TimedOut(f"{name}: not ready within {seconds} s; run the command again") from None
