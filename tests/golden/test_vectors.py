"""Recorded calls of ElectroDB have the same parameters, results and errors here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crossfade.entity import EntityError
from crossfade.entity.execution.send import typed_request
from golden.deviations import DEVIATIONS
from golden.driving import Library
from golden.encoding import decode, same
from golden.replay import replay

HERE = Path(__file__).parent


def _file(config: pytest.Config, option: str) -> Any:
    path = config.getoption(option, default=None) or HERE / f"{option}.json"
    return json.loads(Path(path).read_text(encoding="utf-8"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    vectors = _file(metafunc.config, "vectors")["vectors"]
    assert vectors
    assert all(vector["expect"] for vector in vectors)
    metafunc.parametrize("vector", vectors, ids=[vector["id"] for vector in vectors])


@pytest.fixture(scope="module")
def library(request: pytest.FixtureRequest) -> Library:
    return Library(_file(request.config, "schemas"))


def test_vector(vector: dict[str, Any], library: Library) -> None:
    expected, found = vector["expect"], replay(vector, library)
    equal, difference = _compare(expected, found)
    if vector["id"] in DEVIATIONS:
        assert not equal, "the vector agrees; remove it from DEVIATIONS"
    else:
        assert equal, difference


def _compare(expected: dict[str, Any], found: dict[str, Any]) -> tuple[bool, str]:
    for part in ("params", "value", "ok", "result", "requests", "events"):
        if part in expected and not same(decode(expected[part]), found.get(part)):
            return (
                False,
                f"{part}\nexpected {decode(expected[part])}\nfound    {found.get(part, found)}",
            )
    if "wire" in expected and not _same_wire(expected, found):
        return False, f"wire\nexpected {expected['wire']}\nfound    {found}"
    expected_error, error = expected.get("error"), found.get("error")
    if (expected_error is None) != (error is None):
        return False, f"expected error {expected_error}\nfound    {found}"
    if (
        expected_error
        and "code" in expected_error
        and expected_error["code"] != (error or {}).get("code")
    ):
        return False, f"expected error {expected_error}\nfound    {error}"
    return True, ""


def _same_wire(vector: dict[str, Any], found: dict[str, Any]) -> bool:
    """Return whether the request bodies are equal, or rejected both here and by the SDK."""
    try:
        params = found.get("params")
        built: list[Any] = params if isinstance(params, list) else [params]
        sent = found.get("wire") or [{"body": typed_request(request)} for request in built]
    except EntityError:
        return "wireError" in vector
    expected = [_plain(request["body"]) for request in vector["wire"]]
    return same(expected, [_plain(request["body"]) for request in sent])


def _plain(body: Any) -> Any:
    """Return a body with numbers by value and sets without order."""
    if isinstance(body, list):
        return [_plain(element) for element in body]
    if not isinstance(body, dict):
        return body
    if len(body) == 1:
        [(tag, content)] = body.items()
        if tag == "N":
            return float(content)
        if tag in ("SS", "NS"):
            return frozenset(map(float, content)) if tag == "NS" else frozenset(content)
    return {name: _plain(child) for name, child in body.items()}
