"""Creating, describing and deleting the table, through DynamoDB's control plane."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from crossfade.dynamo.admin.control_plane import ControlPlane
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
    """Create a table, or bring the existing one to the plan, and return it once it is active.

    Deletion protection, point-in-time recovery, encryption and expiry are enabled if the plan has
    them, and never disabled. Keys and indexes of an existing table are compared, not changed.

    Args:
        config: endpoint, credentials and limits.
        plan: the desired state.
        timeout_seconds: deadline of the whole call.

    Raises:
        ConfigurationError: a table of this name has other keys or lacks an index.
        TimedOut: it was not active by the deadline; call again to continue.
        CrossfadeError: the class that `crossfade.dynamo.errors.ERRORS` names.
    """
    async with ControlPlane(config) as control, _deadline(plan.name, timeout_seconds):
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
    """Return a table's state.

    Raises:
        NoSuchStore: no table has this name.
    """
    async with ControlPlane(config) as control:
        return await _describe(control, name)


async def delete_table(
    config: Config, name: str, *, force: bool = False, timeout_seconds: float = TIMEOUT_SECONDS
) -> None:
    """Delete a table with all its items, and return once it is gone.

    Args:
        config: endpoint, credentials and limits.
        name: the table's name.
        force: disable deletion protection first.
        timeout_seconds: deadline of the whole call.

    Raises:
        NoSuchStore: no table has this name.
        ConfigurationError: the table is protected, and `force` is not given.
        TimedOut: it still existed at the deadline.
    """
    async with ControlPlane(config) as control, _deadline(name, timeout_seconds):
        found = await _describe(control, name)
        if found.deletion_protection:
            if not force:
                raise ConfigurationError(
                    f"{name}: deletion protection is on; give --force to disable it and delete"
                )
            await control.call("update_table", TableName=name, DeletionProtectionEnabled=False)
            await _until(control, name, is_active)
        await control.call("delete_table", TableName=name)
        await _until(control, name, lambda table: table is None)


async def _create(control: ControlPlane, plan: Plan) -> None:
    try:
        await control.call("create_table", **creation(plan))
    except Contended:
        return  # a concurrent caller creates it; the caller checks its keys and indexes


async def _apply(control: ControlPlane, change: Change) -> str | None:
    """Make a change once the table is not busy; return the engine's refusal, or None."""
    while True:
        try:
            await control.call(change.method, **change.request)
        except Contended:
            await asyncio.sleep(POLL_SECONDS)
        except InvalidRequest as error:
            return f"{change.feature}: not available here: {error}"
        else:
            return None


async def _find(control: ControlPlane, name: str) -> Table | None:
    try:
        answer = await control.call("describe_table", TableName=name)
    except NoSuchStore:
        return None
    table: Table = answer["Table"]
    return table


async def _describe(control: ControlPlane, name: str) -> Description:
    answer = await control.call("describe_table", TableName=name)
    backups = await _optional(control, "describe_continuous_backups", name)
    ttl = await _optional(control, "describe_time_to_live", name)
    return description_of(
        answer["Table"],
        None if backups is None else backups["ContinuousBackupsDescription"],
        None if ttl is None else ttl["TimeToLiveDescription"],
    )


async def _optional(control: ControlPlane, method: str, name: str) -> dict[str, Any] | None:
    """Return the answer of an operation that local engines may lack; None if it is refused."""
    try:
        return await control.call(method, TableName=name)
    except InvalidRequest:
        return None


async def _until(control: ControlPlane, name: str, reached: Callable[[Table | None], bool]) -> None:
    while not reached(await _find(control, name)):  # noqa: ASYNC110 - DynamoDB sends no events
        await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def _deadline(name: str, seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise TimedOut(f"{name}: not ready within {seconds} s; run the command again") from None
