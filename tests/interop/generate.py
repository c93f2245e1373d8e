"""Generators of random schemas, services and calls, in the form of the golden vectors."""

from __future__ import annotations

from random import Random
from typing import Any

Schema = dict[str, Any]
Question = dict[str, Any]

_NAMES = ("alpha", "beta", "gamma", "delta", "userId", "n1", "n", "kind", "zeta", "x_y")
_ODD_NAMES = ("a-b", "9-9", "2", "b c")  # for the table's key only: elsewhere ElectroDB loses them
_TEXTS = ("x", "Yz", "A#b", "user_1", "É", "ß", "0", "long text here", "#", "_")
_NUMBERS = (0, 1, -3, 7, 1.5, 1e21, 1e-7, 2**53, 0.1, 123456)
_TYPES = (
    *("string", "string", "string", "number", "boolean", ["A", "B", "c"]),
    *("map", "list", "set", "any"),
)
_SCALARS = ("string", "number", "boolean")
_KINDS = ("isolated", "isolated", "clustered", "composite")
_PROJECTIONS = ("keys_only", "all", ["id"], ["id", "__edb_e__", "__edb_v__"])
_OPERATORS = (
    *("eq", "ne", "gt", "lte", "between", "begins", "exists", "notExists"),
    *("contains", "notContains", "eqOrNotExists", "type"),
)
_VALUES: dict[str, tuple[Any, ...]] = {
    "string": _TEXTS,
    "number": _NUMBERS,
    "boolean": (True, False),
    "map": ({"p": "v", "q-q": 4}, {"deep": {"x": "y"}, "zz": 1}),
    "any": ({"k": [1, "z"]}, "text", 3, [True]),
}
_CASINGS = ("default", "lower", "upper", "none")
_SORT_OPERATORS = ("begins", "gt", "gte", "lt", "lte", "between")


def schema(random: Random, *, entity: str = "Ent", shared: Schema | None = None) -> Schema:
    """Return a random schema, which may be invalid.

    Args:
        random: the source of randomness.
        entity: the entity's name.
        shared: a schema whose collections this one joins.
    """
    attributes: Schema = {"id": {"type": "string"}}
    for name in random.sample(_NAMES, random.randint(3, 8)):
        attributes[name] = _attribute(random, name)
    for name in random.sample(_ODD_NAMES, random.choice((0, 0, 0, 1, 2))):
        attributes[name] = {"type": "string"}
    attributes.update((shared or {}).get("attributes", {}))
    scalars = [name for name, a in attributes.items() if _is_scalar(a) and "watch" not in a]
    indexes = {"main": _index(random, scalars, 0, table=True)}
    scalars = [name for name in scalars if name not in _ODD_NAMES]
    for number in range(1, random.randint(1, 4)):
        indexes[f"g{number}"] = _index(random, scalars, number, table=False)
    for pattern, index in (shared or {}).get("indexes", {}).items():
        if "collection" in index:
            indexes[pattern] = _joining(random, index, scalars)
    return {
        "model": {"entity": entity, "version": random.choice(("1", "2.1")), "service": "Svc"},
        "attributes": attributes,
        "indexes": indexes,
    }


def _joining(random: Random, index: Schema, scalars: list[str]) -> Schema:
    """Return an index with the sort key of another entity, so that both join its collection."""
    joined = {**index, "sk": dict(index["sk"])}
    if "template" not in index["sk"]:
        extra = [name for name in scalars if name not in index["pk"].get("composite", ())]
        kept = index["sk"]["composite"][: random.randint(0, 2)]
        more = random.sample(extra, min(len(extra), random.randint(0, 1)))
        joined["sk"]["composite"] = list(dict.fromkeys([*kept, *more]))
    return joined


def _attribute(random: Random, name: str) -> Schema:
    type_: Any = random.choice(_TYPES)
    definition: Schema = {"type": type_}
    if type_ == "map":
        definition["properties"] = {
            "p": {"type": "string", "field": "pp"},
            "q-q": {"type": "number"},
            "deep": {"type": "map", "properties": {"x": {"type": "string"}}},
        }
    if type_ == "list":
        definition["items"] = {"type": random.choice(("string", "number"))}
    if type_ == "set":
        definition["items"] = random.choice(("string", "number", ["A", "B"]))
    if type_ == "string":
        _decorate_text(random, definition)
    label = random.choice(("lbl", "L", name.upper()))
    for option, value_, share in (
        ("field", f"f_{name}", 0.25),
        ("label", label, 0.2),
        ("readOnly", True, 0.1),
        ("hidden", True, 0.1),
    ):
        if random.random() < share:
            definition[option] = value_
    return definition


def _decorate_text(random: Random, definition: Schema) -> None:
    if random.random() < 0.15:
        definition["padding"] = {"length": 6, "char": random.choice(("0", "ab"))}
    if random.random() < 0.15:
        definition["default"] = "dflt"
    if random.random() < 0.1:
        definition["set"] = {"$fn": "suffix", "value": "!"}
    if random.random() < 0.08:
        definition["watch"] = "*"
        definition["set"] = {"$fn": "const", "value": "W"}


def _is_scalar(attribute: Schema) -> bool:
    return isinstance(attribute["type"], list) or attribute["type"] in (
        "string",
        "number",
        "boolean",
    )


def _index(random: Random, scalars: list[str], number: int, *, table: bool) -> Schema:
    kind = "isolated" if table else random.choice(_KINDS)
    plain = random.sample(scalars, min(len(scalars), random.randint(2, 4)))
    cut = random.randint(1, len(plain)) if table or random.random() < 0.9 else 0
    prefix = "" if table else f"g{number}"
    if kind == "composite":
        index: Schema = {"pk": {"composite": plain[:cut] or plain[:1]}, "type": kind}
        if plain[cut:]:
            index["sk"] = {"composite": plain[cut:]}
    else:
        index = {"pk": _key(random, f"{prefix}pk", plain[:cut], literal="P")}
        if random.random() < 0.9:
            index["sk"] = _key(random, f"{prefix}sk", plain[cut:], literal="S")
        if kind == "clustered":
            index["type"] = kind
        if random.random() < 0.15:
            index["scope"] = "scp"
    if not table:
        index["index"] = f"gsi{number}"
        _decorate_index(random, index, kind)
    if "sk" in index and random.random() < 0.35:
        sub = kind == "isolated" and random.random() < 0.4
        index["collection"] = [f"wide{number}", f"narrow{number}"] if sub else f"coll{number}"
    return index


def _decorate_index(random: Random, index: Schema, kind: str) -> None:
    if kind != "composite" and random.random() < 0.15:
        index["condition"] = {"$fn": "attrEq", "attr": "id", "value": "x"}
    if random.random() < 0.1:
        index["projection"] = random.choice(_PROJECTIONS)


def _key(random: Random, field: str, names: list[str], *, literal: str) -> Schema:
    key: Schema = {"field": field, "composite": names}
    if names and random.random() < 0.3:
        tail = random.choice(("", "", "#end")) if literal == "P" else ""
        key["template"] = "|".join(f"{literal}{i}#${{{n}}}" for i, n in enumerate(names)) + tail
    if random.random() < 0.4:
        key["casing"] = random.choice(_CASINGS)
    if len(names) == 1 and random.random() < 0.15:
        key["cast"] = random.choice(("number", "string"))
    return key


def value(random: Random, attribute: Schema) -> Any:
    """Return a value of an attribute's type; rarely of another type."""
    if random.random() < 0.02:
        return random.choice(("wrong", 5, True))
    type_ = attribute["type"]
    if isinstance(type_, list):
        return random.choice(type_)
    if type_ in ("list", "set"):
        items = attribute["items"]
        item = {"type": items} if type_ == "set" else items
        return [value(random, item) for _ in range(random.randint(0, 3))]
    return random.choice(_VALUES[type_])


def values(random: Random, given: Schema, share: float) -> dict[str, Any]:
    """Return values for about this share of the attributes."""
    attributes = given["attributes"]
    return {
        name: value(random, attributes[name])
        for name in random.sample(list(attributes), len(attributes))
        if random.random() < share
    }


def composites(random: Random, given: Schema, pattern: str, *, sort: bool = True) -> dict[str, Any]:
    """Return values for an index: for the partition key, and for some or all of the sort key."""
    index = given["indexes"][pattern]
    names = list(index["pk"]["composite"])
    if sort:
        sort_names = index.get("sk", {}).get("composite", [])
        names += sort_names[: random.randint(0, len(sort_names))]
    return {name: value(random, given["attributes"][name]) for name in names}


def table_key(random: Random, given: Schema) -> dict[str, Any]:
    """Return values for the table's complete key; rarely one is missing."""
    index = given["indexes"]["main"]
    names = [*index["pk"]["composite"], *index.get("sk", {}).get("composite", [])]
    found = {name: value(random, given["attributes"][name]) for name in names}
    if random.random() < 0.03:
        found.popitem()
    return found


def where(random: Random, given: Schema) -> list[Any]:
    """Return a call of `where` with one or two operations."""
    names = [n for n, a in given["attributes"].items() if _is_scalar(a)]
    ops = []
    for name in random.sample(names, min(len(names), random.randint(1, 2))):
        attribute = given["attributes"][name]
        operation = random.choice(_OPERATORS)
        count = {"exists": 0, "notExists": 0, "between": 2}.get(operation, 1)
        ops.append([operation, [name], [_scalar(random, attribute) for _ in range(count)]])
    joiner = random.choice((" AND ", " OR ", "\nAND "))
    template = joiner.join(f"{{{number}}}" for number in range(len(ops)))
    if random.random() < 0.2:
        template = f"({template})"
    return ["where", {"$where": {"tpl": template, "ops": ops}}]


def _scalar(random: Random, attribute: Schema) -> Any:
    found = value(random, attribute)
    return "txt" if isinstance(found, list) else found


def question(random: Random, given: Schema) -> Question:
    """Return one random call of an entity."""
    make = random.choice(_MAKERS)
    asked: Question = {"schema": given, "calls": make(random, given)}
    options = _options(random, given, asked["calls"][0][0])
    if options:
        asked["options"] = options
    return asked


def _options(random: Random, given: Schema, method: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    reading = method.startswith(("query", "scan", "get", "find", "match", "collections"))
    if reading and random.random() < 0.2:
        options["attributes"] = random.sample(list(given["attributes"]), 2)
    if method.startswith(("query", "collections")):
        if random.random() < 0.2:
            options["compare"] = random.choice(("attributes", "v2", "keys"))
        if random.random() < 0.1:
            options |= {"limit": 3, "order": random.choice(("asc", "desc"))}
    if reading and random.random() < 0.1:
        options["ignoreOwnership"] = True
    if not reading and random.random() < 0.1:
        options["response"] = random.choice(("all_new", "none", "updated_old"))
    return options


def _put(random: Random, given: Schema) -> list[Any]:
    item = {**values(random, given, random.choice((0.3, 0.8, 1.0))), **table_key(random, given)}
    calls: list[Any] = [[random.choice(("put", "create")), item]]
    if random.random() < 0.2:
        calls.append(where(random, given))
    return calls


_FITTING = {
    "add": ("number", "set"),
    "subtract": ("number",),
    "append": ("list",),
    "delete": ("set",),
}


def _change(random: Random, given: Schema) -> list[Any]:
    calls: list[Any] = [[random.choice(("update", "patch")), table_key(random, given)]]
    main = given["indexes"]["main"]
    keys = {*main["pk"]["composite"], *main.get("sk", {}).get("composite", [])}
    free = {n: a for n, a in given["attributes"].items() if n not in keys or random.random() < 0.02}
    calls += [_change_step(random, free) for _ in range(random.randint(0, 3))]
    if random.random() < 0.2:
        calls.append(["composite", values(random, given, 0.3)])
    if random.random() < 0.25:
        calls.append(where(random, given))
    return calls


def _change_step(random: Random, free: Schema) -> list[Any]:
    operator = random.choice(("set", "set", "ifNotExists", "remove", *_FITTING))
    types = _FITTING.get(operator)
    names = [n for n, a in free.items() if types is None or a["type"] in types]
    chosen = random.sample(names, min(len(names), random.randint(0, 3)))
    if operator == "remove":
        return ["remove", chosen]
    changes = {name: value(random, free[name]) for name in chosen}
    maps = [name for name in names if free[name]["type"] == "map"]
    if operator == "set" and maps and random.random() < 0.3:
        changes[f"{random.choice(maps)}.p"] = "nested"
    return [operator, changes]


def _upsert(random: Random, given: Schema) -> list[Any]:
    item = {**values(random, given, 0.6), **table_key(random, given)}
    calls: list[Any] = [["upsert", item]]
    others = {n: a for n, a in given["attributes"].items() if n not in item}
    for operator, type_ in (("add", "number"), ("ifNotExists", "string"), ("append", "list")):
        fitting = [n for n, a in others.items() if a["type"] == type_]
        if fitting and random.random() < 0.3:
            name = random.choice(fitting)
            calls.append([operator, {name: value(random, others[name])}])
    if random.random() < 0.2:
        calls.append(where(random, given))
    return calls


def _simple(random: Random, given: Schema) -> list[Any]:
    method = random.choice(("get", "delete", "remove"))
    calls: list[Any] = [[method, table_key(random, given)]]
    if method != "get" and random.random() < 0.3:
        calls.append(where(random, given))
    return calls


def _query(random: Random, given: Schema) -> list[Any]:
    pattern = random.choice(list(given["indexes"]))
    calls: list[Any] = [[f"query.{pattern}", composites(random, given, pattern)]]
    if random.random() < 0.6 and "sk" in given["indexes"][pattern]:
        calls.append(_sort_step(random, given, pattern))
    if random.random() < 0.3:
        calls.append(where(random, given))
    return calls


def _sort_step(random: Random, given: Schema, pattern: str) -> list[Any]:
    def ends() -> dict[str, Any]:
        found = composites(random, given, pattern)
        partition = given["indexes"][pattern]["pk"]["composite"]
        return {name: end for name, end in found.items() if name not in partition}

    operator = random.choice(_SORT_OPERATORS)
    return [operator, ends(), ends()] if operator == "between" else [operator, ends()]


def _search(random: Random, given: Schema) -> list[Any]:
    method = random.choice(("find", "match", "scan"))
    if method == "scan":
        return [["scan"]] if random.random() < 0.5 else [["scan"], where(random, given)]
    return [[method, values(random, given, 0.5)]]


def collection_question(random: Random, members: dict[str, Schema]) -> Question | None:
    """Return one random query of a collection of a service; None if there is no collection."""
    first = next(iter(members.values()))
    patterns = {
        name: pattern
        for given in members.values()
        for pattern, index in given["indexes"].items()
        for name in _names(index)
    }
    if not patterns:
        return None
    name = random.choice(list(patterns))
    pattern = patterns[name]
    owner = first if pattern in first["indexes"] else list(members.values())[-1]
    calls: list[Any] = [[f"collections.{name}", composites(random, owner, pattern)]]
    if owner["indexes"][pattern].get("type") == "clustered" and random.random() < 0.5:
        calls.append(_sort_step(random, owner, pattern))
    if random.random() < 0.3:
        calls.append(where(random, owner))
    asked: Question = {"members": members, "calls": calls}
    options = _options(random, owner, "collections")
    return {**asked, "options": options} if options else asked


def conversion_question(random: Random, given: Schema) -> Question:
    """Return one random conversion of composites to keys or a cursor, for one index or for all."""
    pattern = random.choice(list(given["indexes"]))
    prefix = random.choice(("", f"byAccessPattern.{pattern}."))
    scalars = {n for n, a in given["attributes"].items() if _is_scalar(a)}
    found = {n: v for n, v in values(random, given, 0.8).items() if n in scalars} or {"id": "x"}
    if random.random() < 0.3:
        return {"schema": given, "conversion": f"{prefix}fromComposite.toCursor", "args": [found]}
    options = {"strict": random.choice(("none", "pk", "all"))}
    conversion = f"{prefix}fromComposite.toKeys"
    return {"schema": given, "conversion": conversion, "args": [found, options]}


def _names(index: Schema) -> list[str]:
    collection = index.get("collection", [])
    return [collection] if isinstance(collection, str) else list(collection)


_MAKERS = (_put, _put, _change, _change, _change, _upsert, _simple, _query, _query, _search)
