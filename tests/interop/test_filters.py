"""ElectroDB's legacy filters have the same parameters here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crossfade.entity import Entity, EntityError
from golden.driving import TABLE
from golden.encoding import decode, same
from interop.oracle import Oracle

MODEL: dict[str, Any] = {
    "model": {"entity": "e", "version": "1", "service": "s"},
    "attributes": {
        "id": {"type": "string", "field": "i"},
        "n": {"type": "number"},
        "t": {"type": "string"},
        "a-b": {"type": "map", "properties": {"x": {"type": "string"}}},
    },
    "indexes": {
        "main": {"pk": {"field": "pk", "composite": ["id"]}, "sk": {"field": "sk", "composite": []}}
    },
}
BIG = {"$filter": {"tpl": "{0} AND {1}", "ops": [["gt", "n", [5]], ["eq", "t", [7]]]}}


def _big(attributes: Any) -> str:
    return f"{attributes.n.gt(5)} AND {attributes.t.eq(7)}"


def _inline(template: str, *operations: list[Any]) -> dict[str, Any]:
    return {"$filter": {"tpl": template, "ops": list(operations)}}


# ElectroDB's calls, and ours.
CASES: dict[str, tuple[list[list[Any]], Callable[[Entity], Any]]] = {
    "a filter of the schema in a query": (
        [["query.main", {"id": "1"}], ["big"]],
        lambda e: e.query.main(id="1").filter("big"),
    ),
    "two filters, one with OR": (
        [
            ["query.main", {"id": "1"}],
            ["filter", _inline("{0} OR {1}", ["exists", "n", []], ["begins", "id", ["x"]])],
            ["big"],
        ],
        lambda e: (
            e.query.main(id="1")
            .filter(lambda a: f"{a.n.exists()} OR {a.id.begins('x')}")
            .filter("big")
        ),
    ),
    "a filter and a where": (
        [
            ["query.main", {"id": "1"}],
            ["filter", _inline("{0}", ["between", "n", [1, 2]])],
            ["where", {"$where": {"tpl": "{0}", "ops": [["eq", ["n"], [5]]]}}],
        ],
        lambda e: (
            e.query.main(id="1")
            .filter(lambda a, low: a.n.between(low, 2), 1)
            .where(lambda a, op: op.eq(a.n, 5))
        ),
    ),
    "a scan": (
        [["scan"], ["filter", _inline("{0} > {1}", ["size", "t", []], ["value", "n", [3]])]],
        lambda e: e.scan().filter(lambda a: f"{a.t.size()} > {a.n.value(3)}"),
    ),
    "a put": (
        [["put", {"id": "1"}], ["filter", _inline("{0}", ["notExists", "id", []])]],
        lambda e: e.put(id="1").filter(lambda a: a.id.not_exists()),
    ),
    "a patch": (
        [["patch", {"id": "1"}], ["set", {"n": 1}], ["big"]],
        lambda e: e.patch(id="1").set(n=1).filter("big"),
    ),
    "a removal": ([["remove", {"id": "1"}], ["big"]], lambda e: e.remove(id="1").filter("big")),
    "a name that is not an identifier": (
        [["query.main", {"id": "1"}], ["filter", _inline("{0}", ["eq", "a-b", [{"x": "1"}]])]],
        lambda e: e.query.main(id="1").filter(lambda a: a["a-b"].eq({"x": "1"})),
    ),
}


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle() as oracle:
        yield oracle


@pytest.mark.parametrize("name", CASES)
def test_filters_agree_with_electrodb(name: str, oracle: Oracle) -> None:
    calls, ours = CASES[name]
    theirs = oracle.ask({"schema": {**MODEL, "filters": {"big": BIG}}, "calls": calls})
    entity = Entity({**MODEL, "filters": {"big": _big}}, table=TABLE)
    assert same(decode(theirs["params"]), ours(entity).params())


@pytest.mark.parametrize("filters", [{"go": _big}, {"where": _big}, {"big": "no function"}])
def test_invalid_filters_are_rejected_with_electrodbs_code(
    filters: dict[str, Any], oracle: Oracle
) -> None:
    shown = {name: BIG if callable(f) else f for name, f in filters.items()}
    theirs = oracle.ask({"define": {"schema": {**MODEL, "filters": shown}}})
    with pytest.raises(EntityError) as caught:
        Entity({**MODEL, "filters": filters})
    assert caught.value.code == theirs["error"]["code"]


def test_unknown_and_invalid_filters_are_rejected() -> None:
    entity = Entity({**MODEL, "filters": {"big": _big}}, table=TABLE)
    query = entity.query.main(id="1")
    for call in (
        lambda: query.filter("small"),
        lambda: query.filter(lambda _a: 5).params(),  # type: ignore[arg-type, return-value]
        lambda: query.filter(lambda a: a.n.unknown(5)).params(),
    ):
        with pytest.raises(EntityError) as caught:
            call()
        assert caught.value.code == 1011
    with pytest.raises(EntityError, match="filters"):
        entity.schema.to_json()
