"""Options of the differential tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-cases", help="random calls to compare with ElectroDB")
    parser.addoption("--fuzz-seed", help="the first seed of the random schemas, or random")
