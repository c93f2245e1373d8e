"""Execution of recorded calls, which have ElectroDB's names, on entities and services."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from crossfade.entity import Client, Entity, Identifiers, Schema, Service
from golden.encoding import UNDEFINED, decode

TABLE = "app-table"
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OPTIONS = {"originalErr": "original_error"}
_METHODS = {"del": "delete"}


def snake(name: str) -> str:
    """Return the Python name for ElectroDB's: ``if_not_exists`` for ``ifNotExists``."""
    return _METHODS.get(name) or _HUMP.sub("_", name).lower()


class Library:
    """The schemas and services of a file of recordings."""

    def __init__(self, recorded: Mapping[str, Any]) -> None:
        self._schemas = recorded["schemas"]
        self._services = recorded.get("services", {})
        self._known: dict[str, Schema] = {}

    def schema(self, name: str) -> Schema:
        """Return a schema by name."""
        if name not in self._known:
            self._known[name] = Schema.from_json(decode(self._schemas[name]))
        return self._known[name]

    def entity(
        self,
        name: str,
        config: Mapping[str, Any] | None,
        client: Client | None,
        listeners: tuple[Any, ...] = (),
    ) -> Entity[dict[str, Any]]:
        """Return an entity by the name of its schema."""
        given = {name: decode(value) for name, value in (config or {}).items()}
        identifiers = given.get("identifiers")
        table = given.get("table", TABLE)
        return Entity(
            self.schema(name),
            table=None if table is UNDEFINED else table,
            client=client,
            identifiers=Identifiers(**identifiers) if identifiers else None,
            ignore_ownership=bool(given.get("ignoreOwnership")),
            listeners=listeners,
        )

    def service(self, name: str, client: Client | None) -> Service:
        """Return a service by name."""
        members = self._services[name]
        return Service(
            {alias: self.entity(schema, None, client) for alias, schema in members.items()},
            table=TABLE,
            client=client,
        )


def options_of(recorded: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the options of a recorded call."""
    options: dict[str, Any] = decode(recorded or {})
    if options.get("data") == "includeKeys":
        options["data"] = "include_keys"
    return {_OPTIONS.get(name) or snake(name): value for name, value in options.items()}


def make_calls(root: Any, calls: list[list[Any]]) -> Any:
    """Apply a chain of recorded calls to an entity or service, and return the result."""
    current = root
    for method, *arguments in calls:
        current = _call(current, method, arguments)
    return current


def _call(current: Any, method: str, arguments: list[Any]) -> Any:
    *path, last = method.split(".")
    if method.startswith("scan."):
        return current.scan(last)
    for name in path:
        current = getattr(current, name)
    decoded = [_argument(argument) for argument in arguments]
    if path and path[-1] in ("query", "collections"):
        return current[last](*decoded)
    if path and path[-1] == "entities":
        return current[last]
    if last == "remove" and decoded and isinstance(decoded[0], list):
        decoded = decoded[0]
    called: Callable[..., Any] = getattr(current, snake(last))
    return called(*decoded)


def _argument(argument: Any) -> Any:
    if isinstance(argument, dict) and "$where" in argument:
        return _where(argument["$where"])
    if isinstance(argument, dict) and "$data" in argument:
        return _data(argument["$data"])
    return decode(argument)


def _where(recorded: Mapping[str, Any]) -> Callable[[Any, Any], str]:
    def where(attributes: Any, operations: Any) -> str:
        texts = [_operate(attributes, operations, op) for op in recorded["ops"]]
        return re.sub(r"\{(\d+)\}", lambda slot: texts[int(slot[1])], str(recorded["tpl"]))

    return where


def _data(recorded: list[Any]) -> Callable[[Any, Any], None]:
    def data(attributes: Any, operations: Any) -> None:
        for op in recorded:
            _operate(attributes, operations, op)

    return data


def _operate(attributes: Any, operations: Any, op: list[Any]) -> Any:
    operation, target, *rest = op
    raw = isinstance(target, dict) and "$raw" in target
    reference = decode(target["$raw"]) if raw else _reference(attributes, target)
    arguments = [_operand(attributes, operations, value) for value in (rest[0] if rest else [])]
    return getattr(operations, snake(operation))(reference, *arguments)


def _reference(attributes: Any, target: str | list[Any]) -> Any:
    steps = target if isinstance(target, list) else re.findall(r"[^.\[\]]+", target)
    if isinstance(target, str) and target in attributes:
        steps = [target]
    current = attributes
    for step in steps:
        current = current[step]
    return current


def _operand(attributes: Any, operations: Any, value: Any) -> Any:
    if isinstance(value, dict) and "$op" in value:
        return _operate(attributes, operations, value["$op"])
    if isinstance(value, dict) and "$attr" in value:
        return operations.name(_reference(attributes, value["$attr"]))
    decoded = decode(value)
    return None if decoded is UNDEFINED else decoded
