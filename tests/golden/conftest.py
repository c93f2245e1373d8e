"""Options for the files to replay: the recorded vectors and their schemas."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--vectors", default=str(HERE / "vectors.json"), help="recorded vectors")
    parser.addoption("--schemas", default=str(HERE / "schemas.json"), help="schemas of the vectors")
