"""What strict mode refuses: calls and schemas that ElectroDB takes and nobody means.

Each rule names the surprise that it prevents; docs/electrodb.md lists them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from crossfade.entity.errors import Code, EntityError, refused
from crossfade.entity.keys.forms import KeyForm
from crossfade.entity.options import Options
from crossfade.entity.schema.declarations import Casing, Index
from crossfade.entity.schema.index_rules import is_templated
from crossfade.entity.schema.schema import Schema
from crossfade.entity.values.validation import Accept, Faults, raise_faults

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_schema(schema: Schema) -> None:
    """Refuse schemas whose items are stored or found in surprising ways.

    Raises:
        EntityError: 1008 or 1009.
    """
    for name, attribute in schema.attributes.items():
        if not _PLAIN_NAME.fullmatch(attribute.name):
            raise EntityError(
                Code.INVALID_ATTRIBUTE_DEFINITION,
                f"attributes.{name}: ElectroDB loses updates of names that are no identifiers",
            )
    for pattern, index in schema.indexes.items():
        _check_keys(schema, pattern, index)


def _check_keys(schema: Schema, pattern: str, index: Index) -> None:
    for key in (index.pk, index.sk):
        if key is None:
            continue
        shown = key.template and re.sub(r"\$\{[^}]*\}", "", key.template)
        capitals = shown and shown != shown.lower() and key.casing is Casing.DEFAULT
        if capitals and is_templated(key, schema.attributes):
            raise EntityError(
                Code.INVALID_MODEL,
                f"indexes.{pattern}: the template has capitals, which are stored in lower case; "
                "say casing none, lower or upper",
            )
        for name in key.composite or () if not index.index else ():
            if schema.attributes[name].set is not None:
                raise EntityError(
                    Code.INVALID_ATTRIBUTE_DEFINITION,
                    f"attributes.{name}.set: a setter on the table's key hides items from reads",
                )


def check_values(acceptors: Mapping[str, Accept], given: Mapping[str, Any]) -> None:
    """Refuse unknown names, and values of the wrong type in keys.

    Raises:
        EntityError: 3001.
    """
    unknown = [name for name in given if name not in acceptors]
    if unknown:
        raise refused(", ".join(sorted(unknown)), "is not in the schema; check the spelling")
    for name, value in given.items():
        if value is not None:
            faults: Faults = []
            acceptors[name](value, faults)
            raise_faults(faults)


def check_limit(options: Options) -> None:
    """Refuse a limit below one.

    Raises:
        EntityError: 2006.
    """
    if options.limit is not None and options.limit < 1:
        raise EntityError(Code.INVALID_LIMIT_OPTION, "option limit must be a number above zero")


def check_number(key: KeyForm | None, comparison: str, ends: Iterable[Mapping[str, Any]]) -> None:
    """Refuse what DynamoDB refuses of a sort key that is a number.

    Args:
        key: the sort key.
        comparison: the operator; ``is`` needs no value.
        ends: the composites compared with; of `between`, those of either end.

    Raises:
        EntityError: 2013 for `begins`, and for a comparison without a number.
    """
    if key is None or not key.numeric or comparison == "is":
        return
    if comparison == "begins":
        raise EntityError(
            Code.INVALID_QUERY_PARAMETERS, f"{key.field} is a number and begins with nothing"
        )
    name = key.names[0]
    if any(end.get(name) is None for end in ends):
        raise EntityError(
            Code.INVALID_QUERY_PARAMETERS, f"{comparison} on {key.field} needs a value for {name}"
        )
