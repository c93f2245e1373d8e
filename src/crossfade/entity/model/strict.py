"""The checks of strict mode: schemas and calls that ElectroDB accepts, but that are mistakes.

docs/electrodb.md lists the unexpected behaviour that each check prevents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from crossfade.entity.errors import Code, EntityError, invalid_value
from crossfade.entity.keys.forms import KeyForm
from crossfade.entity.options import Options
from crossfade.entity.schema.declarations import Casing, Index
from crossfade.entity.schema.index_rules import is_templated
from crossfade.entity.schema.schema import Schema
from crossfade.entity.values.validation import Accept, Faults, raise_faults

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_schema(schema: Schema) -> None:
    """Reject schemas whose items would be stored or found under unexpected keys.

    Raises:
        EntityError: 1008 or 1009.
    """
    for name, attribute in schema.attributes.items():
        if not _PLAIN_NAME.fullmatch(attribute.name):
            raise EntityError(
                Code.INVALID_ATTRIBUTE_DEFINITION,
                f"attributes.{name}: ElectroDB loses updates of names that are not identifiers",
            )
    for pattern, index in schema.indexes.items():
        _check_keys(schema, pattern, index)


def _check_keys(schema: Schema, pattern: str, index: Index) -> None:
    for key in (index.pk, index.sk):
        if key is None:
            continue
        literals = key.template and re.sub(r"\$\{[^}]*\}", "", key.template)
        capitals = literals and literals != literals.lower() and key.casing is Casing.DEFAULT
        if capitals and is_templated(key, schema.attributes):
            raise EntityError(
                Code.INVALID_MODEL,
                f"indexes.{pattern}: the template has capitals, which are stored in lower case; "
                "set casing to none, lower or upper",
            )
        for name in key.composite or () if not index.index else ():
            if schema.attributes[name].set is not None:
                raise EntityError(
                    Code.INVALID_ATTRIBUTE_DEFINITION,
                    f"attributes.{name}.set: a setter on the table's key hides items from reads",
                )


def check_values(acceptors: Mapping[str, Accept], given: Mapping[str, Any]) -> None:
    """Reject unknown names, and values of the wrong type.

    Raises:
        EntityError: 3001.
    """
    unknown = [name for name in given if name not in acceptors]
    if unknown:
        raise invalid_value(", ".join(sorted(unknown)), "is not in the schema; check the spelling")
    for name, value in given.items():
        if value is not None:
            faults: Faults = []
            acceptors[name](value, faults)
            raise_faults(faults)


def check_limit(options: Options) -> None:
    """Reject a limit below one.

    Raises:
        EntityError: 2006.
    """
    if options.limit is not None and options.limit < 1:
        raise EntityError(
            Code.INVALID_LIMIT_OPTION, "option limit must be a number greater than zero"
        )


def check_number(key: KeyForm | None, comparison: str, ends: Iterable[Mapping[str, Any]]) -> None:
    """Reject sort key comparisons that DynamoDB rejects for a numeric key.

    Args:
        key: the sort key.
        comparison: the operator; ``is`` needs no value.
        ends: the composites to compare with; for `between`, one mapping for each end.

    Raises:
        EntityError: 2013 for `begins`, and for a comparison without a number.
    """
    if key is None or not key.numeric or comparison == "is":
        return
    if comparison == "begins":
        raise EntityError(
            Code.INVALID_QUERY_PARAMETERS, f"{key.field} is a number, which begins cannot compare"
        )
    name = key.names[0]
    if any(end.get(name) is None for end in ends):
        raise EntityError(
            Code.INVALID_QUERY_PARAMETERS, f"{comparison} on {key.field} needs a value for {name}"
        )
