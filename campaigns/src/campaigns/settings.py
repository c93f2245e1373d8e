"""The application's settings from the environment; no other module reads it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from campaigns.errors import Invalid, Problem

SECRET_CHARACTERS_MIN = 32

REFUSALS = {
    "DATABASE_URL": (
        "missing or empty",
        "set it, for example to postgresql://user@localhost/campaigns",
    ),
    "SECRET_KEY": ("too short", f"set at least {SECRET_CHARACTERS_MIN} random characters"),
    "PUBLIC_URL": ("not an address", "set it, for example to https://campaigns.example.org"),
    "SIGNED_IN_DAYS": ("not a number of days", "set a number from 1 to 365"),
}


class Settings(BaseSettings):
    """The settings of the environment.

    Attributes:
        database_url: ``DATABASE_URL``, any form that libpq takes; may contain a password.
        secret_key: ``SECRET_KEY``, signs cookies; random for each process unless set.
        public_url: ``PUBLIC_URL``, public address of the site; the listening one unless set.
        signed_in_days: ``SIGNED_IN_DAYS``, lifetime of a sign-in in days.
    """

    model_config = SettingsConfigDict(env_prefix="", frozen=True)

    database_url: str = Field(min_length=1, repr=False)
    secret_key: Annotated[SecretStr, Field(min_length=SECRET_CHARACTERS_MIN)] | None = None
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+/?$")] | None = None
    signed_in_days: int = Field(default=14, ge=1, le=365)


def read_settings() -> Settings:
    """Read the environment.

    Raises:
        Invalid: a variable is missing, empty or malformed.
    """
    try:
        return Settings()
    except ValidationError as error:
        names = [str(one["loc"][0]).upper() for one in error.errors()]
        raise Invalid(*(Problem(name, *REFUSALS[name]) for name in names)) from None
