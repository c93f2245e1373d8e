"""PostgreSQL's type names and the default rule of each type."""

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

_DEFAULT_RULES = {
    **dict.fromkeys(INTEGER_TYPES, Rule.NUMBER),
    "real": Rule.FLOAT,
    "double precision": Rule.FLOAT,
    "boolean": Rule.BOOLEAN,
    "timestamp with time zone": Rule.INSTANT,
    "timestamp without time zone": Rule.LOCAL_TIME,
    "bytea": Rule.BYTES,
}

# The rules that a type allows besides its default.
_OPTIONAL_RULES = {
    "numeric": {Rule.NUMBER},
    "json": {Rule.DOCUMENT},
    "jsonb": {Rule.DOCUMENT},
}

# Built-in types that only Rule.TEXT can read.
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

# The only array type whose elements PostgreSQL separates by semicolons.
_SEMICOLON_ARRAY = "box[]"


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
    """Return whether the type is an array."""
    return type_name.rstrip().endswith("[]")


def scale_of(type_name: str) -> int | None:
    """Return the scale of ``numeric(p,s)``; None for types whose number of decimals varies."""
    match = re.fullmatch(r"(?:numeric|decimal)\(\d+(?:,\s*(-?\d+))?\)", type_name.strip().lower())
    return max(int(match[1] or 0), 0) if match else None


def default_rule(type_name: str) -> Rule:
    """Return the rule of a type, which is exact and reversible for every value of the type."""
    plain = plain_type(type_name)
    if is_array(plain) and plain != _SEMICOLON_ARRAY:
        return Rule.LIST
    return _DEFAULT_RULES.get(plain, Rule.TEXT)


def rule_of(column: Column) -> Rule:
    """Return a column's effective rule: its own, LIST for arrays, or its type's."""
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
    """Return whether a rule reads a type's text; for types that are not built in, it may."""
    plain = plain_type(type_name)
    if rule is Rule.TEXT:
        return True
    if is_array(plain):
        if plain == _SEMICOLON_ARRAY or rule is Rule.DOCUMENT:
            return False
        return rule is Rule.LIST or takes_rule(element_type(type_name), rule)
    if rule is Rule.LIST or plain in _TEXT_ONLY:
        return False
    known = plain in _DEFAULT_RULES or plain in _OPTIONAL_RULES
    return not known or rule is _DEFAULT_RULES.get(plain) or rule in _OPTIONAL_RULES.get(plain, ())
