"""The application's settings; the only reader of its environment."""

from __future__ import annotations

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from campaigns.errors import Invalid, Problem


class Settings(BaseSettings):
    """What the environment says.

    Attributes:
        database_url: ``DATABASE_URL``, any form that libpq takes; may hold a password.
    """

    model_config = SettingsConfigDict(env_prefix="", frozen=True)

    database_url: str = Field(min_length=1, repr=False)


def read_settings() -> Settings:
    """Read the environment.

    Raises:
        Invalid: a variable is missing or empty.
    """
    try:
        return Settings()
    except ValidationError as error:
        names = ["_".join(map(str, one["loc"])).upper() for one in error.errors()]
        remedy = "set it, for example to postgresql://user@localhost/campaigns"
        raise Invalid(*(Problem(name, "missing or empty", remedy) for name in names)) from None
