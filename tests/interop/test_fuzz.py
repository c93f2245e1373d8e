"""Random calls on random schemas have the same parameters here and in ElectroDB.

By default every run makes the same calls. ``--fuzz-cases N`` sets their number, ``--fuzz-seed
random`` makes other calls, and ``--fuzz-seed N`` repeats the calls of a seed that a run printed.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest

from crossfade.entity import Entity, EntityError, Service
from golden.driving import TABLE, make_calls, options_of
from golden.encoding import decode, same
from golden.replay import convert
from interop import generate
from interop.oracle import Oracle

QUESTIONS_PER_SCHEMA = 10
PARTS = 4
DEFAULT_CASES = 2000
DEFAULT_SEED = 20_000


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle() as oracle:
        yield oracle


def _seeds(config: pytest.Config) -> tuple[int, int]:
    """Return the first seed and the number of calls."""
    cases = int(config.getoption("--fuzz-cases", default=None) or DEFAULT_CASES)
    seed = config.getoption("--fuzz-seed", default=None) or DEFAULT_SEED
    return secrets.randbelow(10**9) if seed == "random" else int(seed), cases


@pytest.mark.parametrize("part", range(PARTS))
def test_random_calls_agree_with_electrodb(
    part: int, oracle: Oracle, request: pytest.FixtureRequest
) -> None:
    seed, cases = _seeds(request.config)
    seed += part * 10**9
    schemas = -(-cases // (PARTS * QUESTIONS_PER_SCHEMA))
    sys.stdout.write(f"seeds {seed} to {seed + schemas - 1}\n")
    disagreements = [
        (case_seed, question, difference)
        for case_seed in range(seed, seed + schemas)
        for question in _questions(Random(case_seed))  # noqa: S311 - repeatable randomness
        if (difference := _difference(oracle.ask(question), _ours(question), question))
    ]
    shown = "\n".join(f"seed {s}: {json.dumps(q)}\n{d}" for s, q, d in disagreements[:3])
    assert not disagreements, f"{len(disagreements)} differ\n{shown}"


def _questions(random: Random) -> list[generate.Question]:
    schema = generate.schema(random)
    if random.random() < 0.3:
        members = {"one": schema, "two": generate.schema(random, entity="Other", shared=schema)}
        asked = (generate.collection_question(random, members) for _ in range(QUESTIONS_PER_SCHEMA))
        return [question for question in asked if question]
    return [generate.question(random, schema) for _ in range(QUESTIONS_PER_SCHEMA)]


def _ours(question: Mapping[str, Any]) -> dict[str, Any]:
    try:
        root: Any
        if "members" in question:
            entities = {alias: Entity(decode(s)) for alias, s in question["members"].items()}
            root = Service(entities, table=TABLE)
        else:
            root = Entity(decode(question["schema"]), table=TABLE)
        call = make_calls(root, question["calls"])
        return {"params": call.params(**options_of(question.get("options")))}
    except EntityError as error:
        return {"error": str(error)}


def _difference(
    theirs: Mapping[str, Any], ours: Mapping[str, Any], question: generate.Question
) -> str:
    """Return the difference; empty if they agree, or differ as docs/electrodb.md describes."""
    if "error" in theirs and "error" in ours:
        return ""
    if "params" in theirs and _is_broken(theirs["params"], question):
        return ""
    if "error" in theirs and "reading 'index'" in theirs["error"]["message"]:
        return ""  # find and match crash on an index without composites
    if "params" in theirs and same(decode(theirs["params"]), ours.get("params")):
        return ""
    return f"theirs {json.dumps(theirs)}\nours   {ours}"


def _names(params: Any) -> list[str]:
    return list((params.get("ExpressionAttributeNames") or {}).values())


def _is_broken(params: Any, question: generate.Question) -> bool:
    """Return whether ElectroDB's parameters are invalid, so that ours differ."""
    text = json.dumps(params)
    if '"$undefined"' in text or '"undefined"' in text or "" in _names(params):
        return True  # a missing key, a literal "undefined", or a removed key without a name
    finds = question["calls"][0][0] in ("find", "match")
    indexes = question.get("schema", {}).get("indexes", {}).values()
    return finds and any(
        index.get("type") == "composite" and index["index"] == params.get("IndexName")
        for index in indexes
    )


def test_random_conversions_agree_with_electrodb(
    oracle: Oracle, request: pytest.FixtureRequest
) -> None:
    seed, cases = _seeds(request.config)
    sys.stdout.write(f"seeds {seed} to {seed + cases // 10 - 1}\n")
    for case_seed in range(seed, seed + cases // 10):
        random = Random(case_seed)  # noqa: S311 - repeatable randomness
        question = generate.conversion_question(random, generate.schema(random))
        theirs, ours = oracle.ask(question), _converted(question)
        if "error" in theirs or "error" in ours:
            assert "error" in theirs, (case_seed, ours)
            assert "error" in ours, (case_seed, theirs)
            continue
        expected = decode(theirs["value"])
        if isinstance(expected, str):
            read = Entity(decode(question["schema"])).conversions.from_cursor.to_keys
            expected, ours = read(expected), {"value": read(ours["value"])}
        assert same(expected, ours["value"]), (case_seed, question)
        return_trip = {
            **question,
            "conversion": "fromKeys.toComposite",
            "args": [_as_json(expected)],
        }
        theirs, ours = oracle.ask(return_trip), _converted(return_trip)
        if "value" in theirs and "NaN" not in json.dumps(theirs):
            found = _without_booleans(ours.get("value"))
            assert same(_without_booleans(decode(theirs["value"])), found), (case_seed, question)


def _as_json(values: Any) -> Any:
    return json.loads(json.dumps(values, default=float))


def _without_booleans(values: Any) -> dict[str, Any]:
    """Return the values without booleans, which ElectroDB reads as false from a numeric key."""
    return {name: value for name, value in values.items() if not isinstance(value, bool)}


def _converted(question: Mapping[str, Any]) -> dict[str, Any]:
    try:
        entity = Entity(decode(question["schema"]))
        return {"value": convert(entity, question["conversion"], question["args"])}
    except EntityError as error:
        return {"error": str(error)}
