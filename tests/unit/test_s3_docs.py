"""docs/objects.md agrees with the code."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

from pydantic import AliasChoices

from crossfade import errors
from crossfade.s3 import Config, Encryption
from crossfade.s3.errors import MEANINGS, is_transient
from crossfade.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "objects.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The rows of a section's tables, backticks removed."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return [[cell.replace("`", "").strip() for cell in row] for row in rows]


def test_every_environment_variable_is_a_setting_with_this_default() -> None:
    by_variable: dict[object, object] = {}
    for field in Settings.model_fields.values():
        assert isinstance(field.validation_alias, AliasChoices)
        by_variable |= dict.fromkeys(field.validation_alias.choices, field.default)

    documented = {row[0]: row[1] for row in table("Settings") if row[0].isupper()}
    assert documented == {
        "S3_BUCKET_NAME": "crossfade",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": "AWS's",
        "S3_SSE": "AES256",
        "S3_KMS_KEY_ID": "AWS's",
        "CROSSFADE_OBJECT_TIMEOUT_SECONDS": "30",
    }
    defaults = [by_variable[variable] for variable in documented]
    assert defaults == ["crossfade", "us-east-1", None, "AES256", None, 30.0]


def test_every_limit_is_documented_with_its_default() -> None:
    documented = {row[0]: row[1] for row in table("Settings") if row[0].islower()}

    assert documented == {
        field.name: str(field.default)
        for field in fields(Config)
        if re.search(r"_(seconds|max)$", field.name)
    }


def test_every_encryption_is_documented() -> None:
    [meaning] = [row[2] for row in table("Settings") if row[0] == "S3_SSE"]

    assert all(choice.value in meaning for choice in Encryption)
    assert {choice.value for choice in Encryption} == set(
        get_args(Settings.model_fields["s3_sse"].annotation)
    )


def test_every_error_is_documented_with_whether_it_is_repeated() -> None:
    documented = {row[0]: row[2].startswith("yes") for row in table("Errors")}
    raised = {meaning.error for meaning in MEANINGS.values()} - {errors.ConditionFailed}

    assert {error.__name__ for error in raised} <= documented.keys()
    for name, repeated in documented.items():
        error = getattr(errors, name)
        assert is_transient(error.__new__(error)) is repeated
