"""A client of DynamoDB's control plane: botocore in a thread, with Crossfade's errors."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import botocore.config
import orjson
from botocore.exceptions import BotoCoreError, ClientError

from crossfade.aws.credentials import open_session
from crossfade.dynamo.config import Config
from crossfade.dynamo.errors import error_of
from crossfade.dynamo.request import Response
from crossfade.errors import CrossfadeError, Unreachable


class ControlPlane:
    """An asynchronous context manager that calls operations on tables.

    Args:
        config: endpoint, credentials and limits.

    Raises:
        AccessDenied: on entry, if the credential chain has no keys or failed.
    """

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
        """Call an operation.

        Args:
            method: botocore's name of the operation, such as ``create_table``.
            **request: its parameters.

        Returns:
            DynamoDB's answer.

        Raises:
            Unreachable: botocore received no answer.
            CrossfadeError: the class that `crossfade.dynamo.errors.ERRORS` names.
        """
        try:
            answer: dict[str, Any] = await asyncio.to_thread(
                getattr(self._client, method), **request
            )
        except ClientError as error:
            raise _translated(method, error.response) from None
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
        return open_session(config.keys, config.profile).create_client(
            "dynamodb",
            region_name=config.region,
            endpoint_url=config.endpoint,
            verify=config.ca_file,
            config=limits,
        )


def _translated(method: str, response: dict[str, Any]) -> CrossfadeError:
    error = response.get("Error", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", HTTPStatus.BAD_REQUEST)
    content = {"__type": error.get("Code"), "message": error.get("Message")}
    return error_of(method, {}, Response(status, {}, orjson.dumps(content)))
