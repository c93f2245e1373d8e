"""Laws of the values inside items: numbers, documents, arrays, comparison, digests, sizes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crossfade.mapping import same_content
from crossfade.mapping.codec.arrays import parse_array, print_array
from crossfade.mapping.codec.item_size import item_bytes
from crossfade.mapping.codec.json_documents import canonical_json, document, print_document
from crossfade.mapping.codec.numbers import digits_of, misfit, print_float, print_plain

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.integers(-(10**45), 10**45), st.integers(-200, 200))
def test_numbers_are_exact_or_refused(coefficient: int, exponent: int) -> None:
    number = Decimal(f"{coefficient}e{exponent}")
    text = f"{number:f}"
    significant = len(str(abs(coefficient)).rstrip("0"))
    fits = number == 0 or (significant <= 38 and -130 <= number.adjusted() <= 125)
    assert (misfit(text) is None) == fits
    found = digits_of(text)
    assert found is not None
    assert Decimal(print_plain(found)) == number
    assert Decimal(print_float(found, "double precision")) == number
    assert digits_of(f"{number:e}") == found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**37), 10**37) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_documents_come_back_in_canonical_form(value: Any) -> None:
    canonical = canonical_json(json.dumps(value, indent=1))
    assert print_document(document(json.dumps(value))) == canonical
    assert canonical_json(canonical) == canonical
    assert json.loads(canonical) == value


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(-60, 60))
def test_documents_keep_every_digit_of_their_numbers(coefficient: int, exponent: int) -> None:
    number = Decimal(f"{coefficient}e{exponent}")
    text = f"[{number:f}]"
    (stored,) = document(text)["L"]
    assert Decimal(stored["N"]) == number
    assert Decimal(canonical_json(text).strip("[]")) == number


ELEMENTS = st.lists(TEXTS | st.text('{},"\\ \n\tNULnul') | st.none())


@given(ELEMENTS, st.lists(ELEMENTS.filter(bool), min_size=1, max_size=3))
def test_array_literals_are_printed_and_read(flat: list[Any], nested: list[Any]) -> None:
    assert parse_array(print_array(flat)) == flat
    assert parse_array(print_array(nested)) == nested


VALUES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.builds(lambda text: {"S": text}, TEXTS)
    | st.integers(-99, 99).map(lambda number: {"N": str(number)})
    | st.booleans().map(lambda flag: {"BOOL": flag})
    | st.just({"NULL": True}),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda values: {"L": values})
        | st.dictionaries(TEXTS, inner, max_size=3).map(lambda values: {"M": values})
    ),
    max_leaves=6,
)


def respelled(value: dict[str, Any]) -> dict[str, Any]:
    """The same value with each number written differently."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return {"N": f"{content}.00"}
        case "L":
            return {"L": [respelled(each) for each in content]}
        case "M":
            return {"M": {name: respelled(content[name]) for name in reversed(content)}}
        case _:
            return value


@given(VALUES, VALUES)
def test_content_is_the_same_for_any_spelling_of_numbers(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert same_content({"a": one, "b": other}, {"b": respelled(other), "a": respelled(one)})
    assert same_content({"a": one}, {"a": other}) == (one == other)


@given(st.dictionaries(TEXTS.filter(bool), VALUES, max_size=4))
def test_an_item_is_never_smaller_than_its_names_and_texts(item: dict[str, Any]) -> None:
    texts = [value["S"] for value in item.values() if "S" in value]
    assert item_bytes(item) >= sum(len(text.encode()) for text in [*item, *texts])
