"""Replay of recorded vectors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from crossfade.entity import (
    Entity,
    EntityError,
    Page,
    Result,
    Schema,
    Service,
    TransactionResult,
    unmarshal_item,
)
from golden.client import RecordedClient
from golden.driving import Library, make_calls, options_of, snake
from golden.encoding import decode

Outcome = dict[str, Any]


def replay(vector: Mapping[str, Any], library: Library) -> Outcome:
    """Return the outcome of a vector, in the form of its `expect`."""
    client = RecordedClient(decode(vector["input"].get("responses", [])))
    events: list[dict[str, Any]] = []
    try:
        outcome = asyncio.run(_replay(vector["input"], library, client, events))
    except EntityError as error:
        outcome = {"error": {"code": error.code}}
    except Exception as error:  # noqa: BLE001 - another error is an outcome to compare
        outcome = {"error": {"code": None, "message": repr(error)}}
    if vector["input"].get("terminal") == "go":
        outcome["requests"] = client.requests
        outcome["wire"] = client.wire
    if events:
        outcome["events"] = events
    return outcome


async def _replay(
    given: Mapping[str, Any], library: Library, client: RecordedClient, events: list[Any]
) -> Outcome:
    if "define" in given:
        return _define(given["define"])
    if "txn" in given:
        return await _transaction(given, library.service(given["service"], client))
    if "service" in given:
        return await _finish(
            make_calls(library.service(given["service"], client), given["calls"]), given
        )
    entity = library.entity(
        given["schema"], given.get("config"), client, (lambda event: events.append(_event(event)),)
    )
    if "conversion" in given:
        return {"value": convert(entity, given["conversion"], given["args"])}
    if "parse" in given:
        parsed = entity.parse(decode(given["parse"]), **options_of(given.get("options")))
        return {"value": {"data": parsed.data}}
    return await _finish(make_calls(entity, given["calls"]), given)


def _event(event: Any) -> dict[str, Any]:
    keys = {"query": ["type", "method", "params", "config"]}.get(
        event.type, ["type", "method", "config", "success", "results"]
    )
    outcome = {"type": event.type, "method": event.method, "keys": keys}
    return outcome if event.type == "query" else {**outcome, "success": event.success}


def _define(given: Mapping[str, Any]) -> Outcome:
    if "service" in given:
        members = {alias: Entity(decode(schema)) for alias, schema in given["service"].items()}
        Service(members, table="t")
    else:
        Schema.from_json(decode(given["schema"]))
    return {"ok": True}


async def _transaction(given: Mapping[str, Any], service: Service) -> Outcome:
    def build(entities: Any) -> list[Any]:
        return [
            make_calls(entities[item["entity"]], item["calls"]).commit(
                **options_of(item.get("options"))
            )
            for item in given["items"]
        ]

    transaction = getattr(service.transaction, given["txn"])(build)
    return await _finish(transaction, given)


async def _finish(call: Any, given: Mapping[str, Any]) -> Outcome:
    options = options_of(given.get("options"))
    terminal = given.get("terminal", "params")
    if terminal == "commit":
        return {"value": call.commit(**options).request}
    if terminal == "params":
        return {"params": call.params(**options)}
    shaped = _shape(await call.go(**options))
    if options.get("return_on_condition_check_failure") is True and shaped.get("rejected"):
        del shaped["data"]
    if not options.get("hydrate"):
        shaped = {
            n: value for n, value in shaped.items() if n != "unprocessed" or "cursor" not in shaped
        }
    return {"result": shaped}


def _shape(result: Any) -> Any:
    """Return a result in the shape of ElectroDB's."""
    if isinstance(result, TransactionResult):
        items = [
            {
                name: value
                for name, value in msgspec.structs.asdict(item).items()
                if name == "item" or value is not None
            }
            for item in result.data
        ]
        return {"canceled": result.canceled, "data": items}
    shaped = msgspec.structs.asdict(result)
    if isinstance(result, Result) and result.rejected is None:
        del shaped["rejected"]
    if isinstance(result, Page) or "cursor" in shaped:
        shaped["unprocessed"] = list(shaped["unprocessed"])
    return shaped


def convert(entity: Entity, path: str, arguments: list[Any]) -> Any:
    """Return the result of a conversion such as ``byAccessPattern.units.fromComposite.toKeys``."""
    steps = path.split(".")
    current: Any = entity.conversions
    if steps[0] == "byAccessPattern":
        current = current.by_access_pattern(steps[1])
        steps = steps[2:]
    for step in steps:
        current = getattr(current, snake(step))
    given, *options = decode(arguments)
    return current(given, **(options[0] if options else {}))


__all__ = ["Outcome", "replay", "unmarshal_item"]
