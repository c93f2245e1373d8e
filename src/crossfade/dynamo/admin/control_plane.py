"""DynamoDB's control plane: botocore in a thread, its errors translated by the same table."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import botocore.config
import botocore.session
import orjson
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from crossfade.dynamo.config import Config
from crossfade.dynamo.errors import error_of
from crossfade.dynamo.request import Response
from crossfade.errors import AccessDenied, CrossfadeError, Unreachable


class Control:
    """Calls operations on tables, one by one; open it with ``async with``."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._client: Any = None

    async def __aenter__(self) -> Self:
        self._client = await asyncio.to_thread(self._open)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    async def call(self, method: str, **request: Any) -> dict[str, Any]:
        """Call an operation by botocore's name of it, such as ``create_table``.

        Raises:
            CrossfadeError: as `failures.ERRORS` says, Unreachable or AccessDenied.
        """
        try:
            answer: dict[str, Any] = await asyncio.to_thread(
                getattr(self._client, method), **request
            )
        except ClientError as error:
            raise _translated(method, error.response) from None
        except NoCredentialsError:
            raise AccessDenied(
                "no AWS credentials found; set AWS_PROFILE or run under a role"
            ) from None
        except BotoCoreError as error:
            raise Unreachable(f"{method} did not reach DynamoDB: {type(error).__name__}") from None
        return answer

    def _open(self) -> Any:
        config = self._config
        limits = botocore.config.Config(
            connect_timeout=config.connect_timeout_seconds,
            read_timeout=config.timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": config.attempts_max},
        )
        return botocore.session.Session(profile=config.profile).create_client(
            "dynamodb",
            region_name=config.region,
            endpoint_url=config.endpoint,
            aws_access_key_id=config.access_key,
            aws_secret_access_key=config.secret_key,
            aws_session_token=config.session_token,
            verify=config.ca_file,
            config=limits,
        )


def _translated(method: str, response: dict[str, Any]) -> CrossfadeError:
    error = response.get("Error", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", HTTPStatus.BAD_REQUEST)
    content = {"__type": error.get("Code"), "message": error.get("Message")}
    return error_of(method, {}, Response(status, {}, orjson.dumps(content)))
