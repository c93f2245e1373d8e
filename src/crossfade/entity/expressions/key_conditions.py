"""Key condition expressions, which select the part of an index that a query reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from crossfade.entity.errors import Code, EntityError
from crossfade.entity.expressions.placeholders import Placeholders
from crossfade.entity.keys.forms import IndexForm, KeyForm
from crossfade.entity.keys.rendering import KeyValue, render
from crossfade.entity.values.validation import NUMBER_KINDS


class Comparison(StrEnum):
    """The comparison of the sort key; without one, `IS`, or `COLLECTION` for a collection."""

    IS = "is"
    COLLECTION = "collection"
    BEGINS = "begins"
    BETWEEN = "between"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


_SIGNS = {
    Comparison.GT: ">",
    Comparison.GTE: ">=",
    Comparison.LT: "<",
    Comparison.LTE: "<=",
}
_SHIFTED_SIGNS = {**_SIGNS, Comparison.GT: ">=", Comparison.LTE: "<"}
_SHIFTED = (Comparison.GT, Comparison.LTE)


@dataclass(frozen=True, slots=True)
class KeyQuery:
    """The key part of a query of one index.

    Args:
        index: the access pattern.
        partition: the partition key's composites.
        given: the sort key's composites in the first call.
        comparison: the comparison of the sort key.
        low: the composites of the comparison, or the lower bound of `between`.
        high: the upper bound of `between`.
        shared: the sort key's composites; of a collection, those that its members share.
        in_collection: whether the query is for all members of a collection.
        shifted: whether to compare as ElectroDB's legacy ``v2``, with the last code unit
            incremented.
        start: the prefix of the sort keys of an isolated collection.
    """

    index: IndexForm
    partition: Mapping[str, Any]
    given: Mapping[str, Any]
    comparison: Comparison = Comparison.IS
    low: Mapping[str, Any] = field(default_factory=dict)
    high: Mapping[str, Any] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    in_collection: bool = False
    shifted: bool = False
    start: str | None = None


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """A key condition and its placeholders."""

    expression: str
    names: dict[str, str]
    values: dict[str, Any]


def key_condition(query: KeyQuery) -> KeyCondition:
    """Return the key condition of an index with concatenated keys."""
    low_key, high_key = _sort_keys(query)
    sort_keys = [key for key in (low_key, high_key) if key is not None]
    names = {"#pk": query.index.pk.field}
    values: dict[str, Any] = {":pk": render(query.index.pk, query.partition)}
    if query.comparison is not Comparison.BETWEEN:
        sort_keys = sort_keys[:1]
    for number, key in enumerate(sort_keys, start=1):
        names["#sk1"] = query.index.sk.field if query.index.sk else ""
        values[f":sk{number}"] = key
    return _condition(query, names, values)


def _condition(query: KeyQuery, names: dict[str, str], values: dict[str, Any]) -> KeyCondition:
    signs = _SHIFTED_SIGNS if query.shifted else _SIGNS
    match query.comparison:
        case Comparison.BETWEEN:
            return KeyCondition("#pk = :pk and #sk1 BETWEEN :sk1 AND :sk2", names, values)
        case Comparison.GT | Comparison.GTE | Comparison.LT | Comparison.LTE:
            numeric = isinstance(values.get(":sk1"), NUMBER_KINDS)
            sign = (_SIGNS if numeric else signs)[query.comparison]
            return KeyCondition(f"#pk = :pk and #sk1 {sign} :sk1", names, values)
        case Comparison.IS | Comparison.BEGINS | Comparison.COLLECTION:
            if values.get(":sk1") in (None, ""):
                names.pop("#sk1", None)
                values.pop(":sk1", None)
                return KeyCondition("#pk = :pk", names, values)
            exact = query.comparison is Comparison.IS and _is_complete(query)
            sort = "#sk1 = :sk1" if exact else "begins_with(#sk1, :sk1)"
            return KeyCondition(f"#pk = :pk and {sort}", names, values)


def _is_complete(query: KeyQuery) -> bool:
    names = query.index.sk.names if query.index.sk else ()
    return all(query.given.get(name) is not None for name in names)


def _sort_keys(query: KeyQuery) -> tuple[KeyValue | None, KeyValue | None]:
    form = query.index.sk
    if form is None or query.start is not None:
        return query.start, None
    omit_next_literal = query.comparison is not Comparison.IS
    low = _sort_key(form, {**query.given, **query.low}, query, omit_next_literal=omit_next_literal)
    if query.comparison is not Comparison.BETWEEN:
        shift = query.shifted and query.comparison in _SHIFTED
        return (_next(low) if shift else low), None
    high = _sort_key(
        form, {**query.given, **query.high}, query, omit_next_literal=omit_next_literal
    )
    return low, (_next(high) if query.shifted else high)


def _sort_key(
    form: KeyForm, values: Mapping[str, Any], query: KeyQuery, *, omit_next_literal: bool
) -> KeyValue | None:
    shared = {name: values.get(name) for name in query.shared}
    return render(
        form, shared, omit_next_literal=omit_next_literal, with_postfix=not query.in_collection
    )


def _next(key: KeyValue | None) -> KeyValue | None:
    """Return the key with its last UTF-16 code unit incremented."""
    if not isinstance(key, str) or not key:
        return key
    units = key.encode("utf-16-le", "surrogatepass")
    last = int.from_bytes(units[-2:], "little") + 1
    return units[:-2].decode("utf-16-le", "surrogatepass") + chr(last)


def attribute_condition(query: KeyQuery, fields: Mapping[str, tuple[str, str]]) -> KeyCondition:
    """Return the key condition of a multi-attribute index.

    Args:
        query: the key part of the query.
        fields: each composite's wire name and field.

    Raises:
        EntityError: 2013 for bounds of `between` that DynamoDB could not query.
    """
    placeholders = Placeholders("k_")
    parts = [
        _attribute_part(placeholders, fields[name], sign, values)
        for name, sign, values in _attribute_comparisons(query)
    ]
    return KeyCondition(" AND ".join(parts), placeholders.names, placeholders.values)


def _attribute_part(
    placeholders: Placeholders, attribute: tuple[str, str], sign: str, values: tuple[Any, ...]
) -> str:
    name = placeholders.name(*attribute)
    texts = [placeholders.value(attribute[0], value) for value in values]
    if sign == "begins":
        return f"begins_with({name}, {texts[0]})"
    if sign == "between":
        return f"{name} BETWEEN {texts[0]} AND {texts[1]}"
    return f"{name} {sign} {texts[0]}"


def _attribute_comparisons(query: KeyQuery) -> list[tuple[str, str, tuple[Any, ...]]]:
    """Return each composite with its operator and values."""
    compared: list[tuple[str, str, tuple[Any, ...]]] = [
        (name, "=", (query.partition[name],)) for name in query.index.pk.names
    ]
    if query.comparison is Comparison.BETWEEN:
        for name, low, high in _ranges(query):
            values = (low,) if high is None else (low, high)
            compared.append((name, "=" if high is None else "between", values))
        return compared
    known = _until_gap(query)
    sign = _last_sign(query.comparison)
    return compared + [
        (name, sign if position == len(known) else "=", (value,))
        for position, (name, value) in enumerate(known.items(), start=1)
    ]


def _last_sign(comparison: Comparison) -> str:
    if comparison is Comparison.BEGINS:
        return "begins"
    return _SIGNS.get(comparison, "=")


def _until_gap(query: KeyQuery) -> dict[str, Any]:
    """Return the sort key's values before the first absent one."""
    values = {**query.given, **query.low}
    known: dict[str, Any] = {}
    for name in query.shared:
        if values.get(name) is None:
            break
        known[name] = values[name]
    return known


def _ranges(query: KeyQuery) -> list[tuple[str, Any, Any]]:
    """Return each sort attribute with its bounds; only the last one before a gap can have two.

    Raises:
        EntityError: 2013 if earlier bounds differ or one is missing.
    """
    ranges: list[tuple[str, Any, Any]] = []
    range_name = ""
    for position, name in enumerate(query.shared):
        fixed, low, high = _bounds(query, name)
        if fixed is None and low is None and high is None:
            return ranges + _after_gap(query, query.shared[position + 1 :])
        if fixed is None and (low is None or high is None):
            raise _bad_range(name, "needs both bounds")
        if range_name:
            raise _bad_range(
                range_name, "must have equal bounds, because other attributes follow it"
            )
        _close_last(ranges, query.given)
        if low is None and high is None:
            ranges.append((name, fixed, None))
            continue
        low, high = fixed if low is None else low, fixed if high is None else high
        ranges.append((name, low, high))
        range_name = "" if low == high or fixed is not None else name
    return ranges


def _bounds(query: KeyQuery, name: str) -> tuple[Any, Any, Any]:
    """Return a sort attribute's value in the first call, in the lower and in the upper bound."""
    return query.given.get(name), query.low.get(name), query.high.get(name)


def _after_gap(query: KeyQuery, names: tuple[str, ...]) -> list[tuple[str, Any, Any]]:
    """Return the equalities after a gap, as in ElectroDB; DynamoDB rejects any such query.

    Raises:
        EntityError: 2013 if the bounds of an attribute differ.
    """
    equal: list[tuple[str, Any, Any]] = []
    for name in names:
        fixed, low, high = _bounds(query, name)
        if fixed is None and low is not None and high is not None and low != high:
            raise _bad_range(
                name, "must have equal bounds, because an attribute before it has none"
            )
        if fixed is not None or (low is not None and high is not None):
            equal.append((name, low if fixed is None else fixed, None))
    return equal


def _close_last(ranges: list[tuple[str, Any, Any]], given: Mapping[str, Any]) -> None:
    """Replace the last range by an equality, because other attributes follow it."""
    if ranges and ranges[-1][2] is not None:
        name, low, _ = ranges.pop()
        ranges.append((name, given.get(name, low), None))


def _bad_range(name: str, rule: str) -> EntityError:
    return EntityError(Code.INVALID_QUERY_PARAMETERS, f"between on {name} {rule}")
