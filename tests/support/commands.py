"""Our commands as tests run them: in this process, or with an environment for another one."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from crossfade.cli.main import app
from crossfade.settings import Settings


def engine_variables(settings: Settings, **more: str) -> dict[str, str]:
    """Return the variables with which a command finds the engines of these settings."""
    return {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DYNAMODB_TABLE_NAME": settings.dynamodb_table_name,
        "S3_BUCKET_NAME": settings.s3_bucket_name,
        "S3_SSE": "none",
        "AWS_REGION": settings.aws_region,
        "AWS_ENDPOINT_URL_DYNAMODB": str(settings.aws_endpoint_url_dynamodb),
        "AWS_ENDPOINT_URL_S3": str(settings.aws_endpoint_url_s3),
        **more,
    }


def crossfade(*arguments: str, code: int = 0) -> Result:
    """Run a command in this process; return its result."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result


def answer(*arguments: str, code: int = 0) -> Any:
    """Return a command's result, read from its JSON."""
    return json.loads(crossfade(*arguments, "--json", code=code).stdout)
