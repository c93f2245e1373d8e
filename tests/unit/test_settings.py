"""Settings: from the environment, checked, reported by name and never by value."""

from __future__ import annotations

import pytest

from crossfade.errors import ConfigurationError
from crossfade.settings import Settings, load_settings


def test_the_environment_fills_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/app")
    monkeypatch.setenv("DYNAMODB_TABLE_NAME", "campaigns")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    settings = load_settings()
    assert (settings.dynamodb_table_name, settings.aws_region) == ("campaigns", "eu-central-1")
    assert settings.dsn == "postgresql://localhost/app"


def test_our_variable_goes_before_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/app")
    monkeypatch.setenv("CROSSFADE_DATABASE_URL", "postgresql://localhost/engine")
    assert load_settings().dsn.endswith("/engine")


def test_a_missing_database_is_refused_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    settings = load_settings()
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        _ = settings.dsn


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DYNAMODB_TABLE_NAME", "a table"),
        ("S3_BUCKET_NAME", "Upper_Case"),
        ("S3_SSE", "rot13"),
        ("CROSSFADE_BATCH_KEYS_MAX", "0"),
        ("CROSSFADE_TARGET_TIMEOUT_SECONDS", "soon"),
    ],
)
def test_a_malformed_value_is_reported_by_name_only(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert variable in str(caught.value)
    assert value == "0" or f"{value!r}" not in str(caught.value)


def test_the_password_is_not_shown() -> None:
    settings = Settings.model_validate({"database_url": "postgresql://me:hidden@localhost/app"})
    assert "hidden" not in repr(settings)
