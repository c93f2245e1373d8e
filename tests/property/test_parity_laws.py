"""Both stores are read into the same texts for any row, in bulk and one by one."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

import orjson
from hypothesis import assume, given
from hypothesis import strategies as st

from crossfade.errors import Rejected
from crossfade.mapping import Column, Mapping, Shape
from crossfade.mapping.codec.arrays import print_array
from crossfade.mapping.state import Live
from crossfade.parity.comparison.readers import Readers
from support.mappings import table
from support.value_strategies import SCALARS, TEXTS

TYPES = [*SCALARS, "text[]", "jsonb"]
WIDE = Mapping(
    name="thing",
    table="public.things",
    primary_key=("id",),
    columns=(
        Column("id", "text", required=True),
        *(Column(f"c{number}", name) for number, name in enumerate(TYPES)),
    ),
    shapes=(Shape("thing", {"record": table("T#${id}", "T")}),),
    service="test",
)
READERS = Readers([WIDE])
READER = READERS.by_name["thing"]
VALUES: MappingOf[str, st.SearchStrategy[str]] = {
    **SCALARS,
    "text[]": st.lists(TEXTS | st.none() | st.sampled_from(["null", "a,b", ""])).map(print_array),
    "jsonb": st.sampled_from(["null", "1", '"a"', "[]", '{"a": [1, null]}']),
}
ROWS = st.tuples(
    TEXTS.filter(bool), *(st.none() | strategy for strategy in (VALUES[name] for name in TYPES))
)


@given(ROWS)
def test_a_row_and_its_item_have_one_digest(row: tuple[str | None, ...]) -> None:
    columns = dict(zip([column.name for column in WIDE.columns], row, strict=True))
    try:
        item = READER.codec.encode(Live(READER.codec.key_of(columns), 3, columns)).item
    except Rejected:
        assume(False)
    (expected,) = READER.of_rows([row]).digests
    assert READER.of_item(item).digest == expected
    found = READERS.of_items([orjson.dumps(item)]).items["thing"]
    assert found.digests == [expected]
    assert found.key_hashes == READER.of_rows([row]).key_hashes
