"""PostgreSQL's type names and the rule each type gets by default."""

from __future__ import annotations

import re

from crossfade.mapping.declaration.columns import Column, Rule

INTEGER_TYPES = frozenset({"smallint", "integer", "bigint"})

_SHORT_NAMES = {
    "bool": "boolean",
    "bpchar": "character",
    "char": "character",
    "decimal": "numeric",
    "float4": "real",
    "float8": "double precision",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "varchar": "character varying",
}

_RULES = {
    **dict.fromkeys(INTEGER_TYPES, Rule.NUMBER),
    "real": Rule.FLOAT,
    "double precision": Rule.FLOAT,
    "boolean": Rule.BOOLEAN,
    "timestamp with time zone": Rule.INSTANT,
    "timestamp without time zone": Rule.LOCAL_TIME,
    "bytea": Rule.BYTES,
}

# The types that take a rule besides those whose default it is.
_OPTIONAL = {
    "numeric": {Rule.NUMBER},
    "json": {Rule.DOCUMENT},
    "jsonb": {Rule.DOCUMENT},
}

# Types of PostgreSQL's own that are not listed above print what no other rule reads.
_TEXT_ONLY = {
    "character",
    "character varying",
    "date",
    "interval",
    "text",
    "time with time zone",
    "time without time zone",
    "uuid",
}

# The one type whose arrays PostgreSQL separates by semicolons.
_UNLISTABLE = "box[]"


def plain_type(type_name: str) -> str:
    """Return a type's name as `format_type` prints it, without its length or precision."""
    if type_name.startswith('"'):
        return type_name
    bare = re.sub(r"\s*\([^)]*\)", "", type_name.strip().lower())
    element = bare.removesuffix("[]")
    return _SHORT_NAMES.get(element, element) + bare[len(element) :]


def element_type(type_name: str) -> str:
    """Return the type of an array's elements."""
    return re.sub(r"(?:\[\])+$", "", type_name.strip())


def is_array(type_name: str) -> bool:
    """Tell whether the type is an array."""
    return type_name.rstrip().endswith("[]")


def scale_of(type_name: str) -> int | None:
    """Return how many decimals every value of a ``numeric(p,s)`` prints, None when it varies."""
    match = re.fullmatch(r"(?:numeric|decimal)\(\d+(?:,\s*(-?\d+))?\)", type_name.strip().lower())
    return max(int(match[1] or 0), 0) if match else None


def default_rule(type_name: str) -> Rule:
    """Return the rule of a type: exact and reversible for every value it may hold."""
    plain = plain_type(type_name)
    if is_array(plain) and plain != _UNLISTABLE:
        return Rule.LIST
    return _RULES.get(plain, Rule.TEXT)


def rule_of(column: Column) -> Rule:
    """Return the rule a column's text follows: its own, LIST for arrays, or its type's."""
    if column.rule is None:
        return default_rule(column.type)
    if is_array(column.type) and column.rule is not Rule.TEXT:
        return Rule.LIST
    return column.rule


def element_rule(column: Column) -> Rule:
    """Return the rule of the elements of a column under `Rule.LIST`."""
    if column.rule is None or column.rule is Rule.LIST:
        return default_rule(element_type(column.type))
    return column.rule


def takes_rule(type_name: str, rule: Rule) -> bool:
    """Tell whether a type's text can be read by a rule; types not of PostgreSQL's own may be."""
    plain = plain_type(type_name)
    if rule is Rule.TEXT:
        return True
    if is_array(plain):
        if plain == _UNLISTABLE or rule is Rule.DOCUMENT:
            return False
        return rule is Rule.LIST or takes_rule(element_type(type_name), rule)
    if rule is Rule.LIST or plain in _TEXT_ONLY:
        return False
    known = plain in _RULES or plain in _OPTIONAL
    return not known or rule is _RULES.get(plain) or rule in _OPTIONAL.get(plain, ())
