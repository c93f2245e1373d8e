"""Key conditions: which part of an index a query reads."""

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
    """How the sort key is compared. `IS` is the plain query, `COLLECTION` one of many entities."""

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
    """A question to one index.

    Args:
        index: the access pattern.
        partition: the partition key's composites.
        given: the sort key's composites of the first call.
        comparison: how the sort key is compared.
        low: the composites of the comparison, or the lower end of `between`.
        high: the upper end of `between`.
        shared: the sort key's composites; those that members of a collection share.
        in_collection: whether the query is for all members of a collection.
        shifted: ElectroDB's old ``v2`` comparison, on keys one code unit further.
        start: what the sort keys of an isolated collection begin with.
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
    """The key condition of an index with concatenated keys."""
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
    tailless = query.comparison is not Comparison.IS
    low = _sort_key(form, {**query.given, **query.low}, query, tailless=tailless)
    if query.comparison is not Comparison.BETWEEN:
        shift = query.shifted and query.comparison in _SHIFTED
        return (_next(low) if shift else low), None
    high = _sort_key(form, {**query.given, **query.high}, query, tailless=tailless)
    return low, (_next(high) if query.shifted else high)


def _sort_key(
    form: KeyForm, values: Mapping[str, Any], query: KeyQuery, *, tailless: bool
) -> KeyValue | None:
    shared = {name: values.get(name) for name in query.shared}
    return render(form, shared, tailless=tailless, with_postfix=not query.in_collection)


def _next(key: KeyValue | None) -> KeyValue | None:
    """The key whose last UTF-16 unit is one further."""
    if not isinstance(key, str) or not key:
        return key
    units = key.encode("utf-16-le", "surrogatepass")
    last = int.from_bytes(units[-2:], "little") + 1
    return units[:-2].decode("utf-16-le", "surrogatepass") + chr(last)


def attribute_condition(query: KeyQuery, fields: Mapping[str, tuple[str, str]]) -> KeyCondition:
    """The key condition of a multi-attribute index.

    Args:
        query: the question.
        fields: each composite's name on the wire and field.
    """
    placeholders = Placeholders("k_")
    parts = [
        _attribute_part(placeholders, fields[name], sign, values)
        for name, sign, values in _attribute_comparisons(query)
    ]
    return KeyCondition(" AND ".join(parts), placeholders.names, placeholders.values)


def _attribute_part(
    placeholders: Placeholders, place: tuple[str, str], sign: str, values: tuple[Any, ...]
) -> str:
    name = placeholders.name(*place)
    texts = [placeholders.value(place[0], value) for value in values]
    if sign == "begins":
        return f"begins_with({name}, {texts[0]})"
    if sign == "between":
        return f"{name} BETWEEN {texts[0]} AND {texts[1]}"
    return f"{name} {sign} {texts[0]}"


def _attribute_comparisons(query: KeyQuery) -> list[tuple[str, str, tuple[Any, ...]]]:
    """Each composite with its operator and values."""
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
    """The sort key's values until the first that is absent."""
    values = {**query.given, **query.low}
    known: dict[str, Any] = {}
    for name in query.shared:
        if values.get(name) is None:
            break
        known[name] = values[name]
    return known


def _ranges(query: KeyQuery) -> list[tuple[str, Any, Any]]:
    """Each sort attribute with its ends; only the last before the first gap has two.

    Raises:
        EntityError: 2013 when earlier ends differ or one is missing.
    """
    ranges: list[tuple[str, Any, Any]] = []
    open_name = ""
    for position, name in enumerate(query.shared):
        fixed, low, high = _ends(query, name)
        if fixed is None and low is None and high is None:
            return ranges + _after_gap(query, query.shared[position + 1 :])
        if fixed is None and (low is None or high is None):
            raise _bad_range(name, "needs both ends")
        if open_name:
            raise _bad_range(open_name, "must have equal ends, since others follow it")
        _close_last(ranges, query.given)
        if low is None and high is None:
            ranges.append((name, fixed, None))
            continue
        low, high = fixed if low is None else low, fixed if high is None else high
        ranges.append((name, low, high))
        open_name = "" if low == high or fixed is not None else name
    return ranges


def _ends(query: KeyQuery, name: str) -> tuple[Any, Any, Any]:
    """A sort attribute's value in the first call and at either end."""
    return query.given.get(name), query.low.get(name), query.high.get(name)


def _after_gap(query: KeyQuery, names: tuple[str, ...]) -> list[tuple[str, Any, Any]]:
    """What ElectroDB demands after a gap, where DynamoDB refuses everything: equality."""
    equal: list[tuple[str, Any, Any]] = []
    for name in names:
        fixed, low, high = _ends(query, name)
        if fixed is None and low is not None and high is not None and low != high:
            raise _bad_range(name, "must have equal ends, since one before it is missing")
        if fixed is not None or (low is not None and high is not None):
            equal.append((name, low if fixed is None else fixed, None))
    return equal


def _close_last(ranges: list[tuple[str, Any, Any]], given: Mapping[str, Any]) -> None:
    """Make the last range, which others follow, an equality."""
    if ranges and ranges[-1][2] is not None:
        name, low, _ = ranges.pop()
        ranges.append((name, given.get(name, low), None))


def _bad_range(name: str, rule: str) -> EntityError:
    return EntityError(Code.INVALID_QUERY_PARAMETERS, f"between on {name} {rule}")
