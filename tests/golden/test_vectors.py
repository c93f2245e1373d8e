"""Every recorded call of ElectroDB gives the same parameters, results or error here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

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
    metafunc.parametrize("vector", vectors, ids=[vector["id"] for vector in vectors])


@pytest.fixture(scope="module")
def library(request: pytest.FixtureRequest) -> Library:
    return Library(_file(request.config, "schemas"))


def test_vector(vector: dict[str, Any], library: Library) -> None:
    expected, found = vector["expect"], replay(vector, library)
    equal, difference = _compare(expected, found)
    if vector["id"] in DEVIATIONS:
        assert not equal, "a vector that agrees is no deviation"
    else:
        assert equal, difference


def _compare(expected: dict[str, Any], found: dict[str, Any]) -> tuple[bool, str]:
    for part in ("params", "value", "ok", "result", "requests", "events"):
        if part in expected and not same(decode(expected[part]), found.get(part)):
            return (
                False,
                f"{part}\nexpected {decode(expected[part])}\nfound    {found.get(part, found)}",
            )
    wanted, error = expected.get("error"), found.get("error")
    if (wanted is None) != (error is None):
        return False, f"expected error {wanted}\nfound    {found}"
    if wanted and "code" in wanted and wanted["code"] != (error or {}).get("code"):
        return False, f"expected error {wanted}\nfound    {error}"
    return True, ""
