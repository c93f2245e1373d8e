"""A client of DynamoDB's data plane: requests and answers in DynamoDB JSON, within a deadline."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4
from zlib import crc32

import orjson

from crossfade.aws.credentials import provider_of
from crossfade.dynamo.auth.credential_cache import CredentialCache
from crossfade.dynamo.auth.request_signer import RequestSigner
from crossfade.dynamo.config import Config
from crossfade.dynamo.errors import error_of
from crossfade.dynamo.http.transport import HttpTransport, endpoint_of
from crossfade.dynamo.request import Request, Response, Transport
from crossfade.dynamo.retry import (
    IDEMPOTENT_OPERATIONS,
    Kind,
    Policy,
    RetryQuota,
    ceiling_seconds,
    kind_of,
    may_retry,
)
from crossfade.errors import CorruptResponse, CrossfadeError, InvalidRequest

T = TypeVar("T")

SUCCESS = 200
EMPTY = b"{}"


class Client:
    """Calls DynamoDB's data plane. Belongs to the event loop that is running when it is created.

    Args:
        config: endpoint, credentials and limits.
        transport: sends the requests; the client's own HTTP/1.1 unless given.

    Attributes:
        config: the same.
        closed: whether its connections are closed.

    Raises:
        ConfigurationError: the endpoint is malformed, or the region has none.
    """

    __slots__ = (
        "__weakref__",
        "_http",
        "_loop",
        "_policy",
        "_quota",
        "_signer",
        "_transport",
        "_users",
        "closed",
        "config",
    )

    def __init__(self, config: Config, transport: Transport | None = None) -> None:
        endpoint = endpoint_of(config)
        self.config = config
        self.closed = False
        self._users = 1
        self._loop = asyncio.get_running_loop()
        self._http = HttpTransport(config, endpoint)
        self._transport = transport or self._http
        credentials = CredentialCache(provider_of(config.keys, config.profile))
        self._signer = RequestSigner(credentials, config.region, endpoint.authority)
        self._policy = Policy(attempts_max=config.attempts_max)
        self._quota = RetryQuota(config.retry_tokens_max)

    async def call(
        self, operation: str, request: Mapping[str, Any], *, timeout_seconds: float | None = None
    ) -> dict[str, Any]:
        """Run one operation and return DynamoDB's answer unchanged.

        A failed attempt is retried until the deadline, while the client's retry quota lasts.
        UpdateItem is not idempotent, so it is retried only after failures that had no effect. The
        retry of a conditional write after an ambiguous failure can be refused because the first
        attempt succeeded: a put then raises ConditionFailed with the item that it wrote itself.

        Args:
            operation: DynamoDB's name, such as ``PutItem``.
            request: its parameters in DynamoDB JSON; binary values as base64 text.
            timeout_seconds: deadline of the whole call; the configuration's unless given.

        Returns:
            The answer in DynamoDB JSON.

        Raises:
            CrossfadeError: the class that `crossfade.dynamo.errors.ERRORS` names, or one of those
                of `Transport`.
        """
        if operation == "TransactWriteItems" and "ClientRequestToken" not in request:
            request = {**request, "ClientRequestToken": str(uuid4())}
        return await self.send(operation, encode(operation, request), timeout_seconds)

    def send(
        self, operation: str, body: bytes, timeout_seconds: float | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Run one operation as `call` does, with its parameters already encoded as JSON."""
        return self.send_as(operation, body, parse, timeout_seconds)

    async def send_as(
        self,
        operation: str,
        body: bytes,
        read: Callable[[str, bytes], T],
        timeout_seconds: float | None = None,
    ) -> T:
        """Run one operation as `send` does, and decode its answer with `read`.

        Args:
            operation: DynamoDB's name, such as ``Scan``.
            body: its parameters as JSON.
            read: given the operation and the answer's JSON, returns the decoded answer; raises
                CorruptResponse if it cannot.
            timeout_seconds: deadline of the whole call; the configuration's unless given.

        Returns:
            The result of `read`.
        """
        deadline = self._loop.time() + (timeout_seconds or self.config.timeout_seconds)
        idempotent = operation in IDEMPOTENT_OPERATIONS
        seconds = self.config.attempt_timeout_seconds
        attempt = 1
        while True:
            try:
                sign = self._signer.prepared(operation)
                if sign is None:
                    sign = await self._signer.prepare(operation, deadline)
                request = Request(sign(body), body, deadline, seconds, idempotent)
                response = await self._transport(request)
                answer = read(operation, content_of(operation, body, response))
            except CrossfadeError as error:
                await self._pause(error, operation, attempt, deadline)
                attempt += 1
            else:
                self._quota.refund()
                return answer

    def share(self) -> Self:
        """Return this client to one more user; each user calls `close` once."""
        self._users += 1
        return self

    async def close(self) -> None:
        """Release the client; the last user's call closes every connection.

        Calls in progress then fail with Interrupted.
        """
        self._users -= 1
        if self._users > 0:
            return
        self.closed = True
        await self._http.close()
        await self._signer.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def connections_open(self) -> int:
        """The number of connections that are open or being opened."""
        return self._http.pool.open_count

    async def _pause(
        self, error: CrossfadeError, operation: str, attempt: int, deadline: float
    ) -> None:
        """Wait before the next attempt.

        Raises:
            CrossfadeError: `error` itself, if no further attempt is allowed.
        """
        kind = kind_of(error)
        idempotent = operation in IDEMPOTENT_OPERATIONS
        if not may_retry(self._policy, kind, attempt, idempotent=idempotent):
            raise error
        if kind is Kind.EXPIRED:
            self._signer.forget()
        ceiling = ceiling_seconds(self._policy, kind, attempt)
        pause = random.random() * ceiling  # noqa: S311 - full jitter, not a secret
        if self._loop.time() + pause >= deadline or not self._quota.take():
            raise error
        await asyncio.sleep(pause)


def encode(operation: str, request: Mapping[str, Any]) -> bytes:
    """Return a request as JSON.

    Raises:
        InvalidRequest: it holds a value that JSON cannot represent.
    """
    try:
        return orjson.dumps(request)
    except TypeError as error:
        raise InvalidRequest(f"{operation}: the request is not DynamoDB JSON: {error}") from None


def content_of(operation: str, body: bytes, response: Response) -> bytes:
    """Return the JSON of a successful answer.

    Args:
        operation: the operation that was called.
        body: its parameters as JSON.
        response: DynamoDB's response.

    Raises:
        CorruptResponse: the answer does not match its checksum.
        CrossfadeError: the response is an error, translated by `crossfade.dynamo.errors.error_of`.
    """
    status, headers, content = response
    checksum = headers.get("x-amz-crc32")
    if checksum is not None and checksum != str(crc32(content)):
        raise CorruptResponse(f"DynamoDB's answer to {operation} does not match its checksum")
    if status != SUCCESS:
        raise error_of(operation, orjson.loads(body), response)
    return content


def parse(operation: str, content: bytes) -> dict[str, Any]:
    """Return an answer's JSON object as a dict.

    Raises:
        CorruptResponse: the answer is not a JSON object.
    """
    if content == EMPTY:
        return {}
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise CorruptResponse(f"DynamoDB's answer to {operation} is not a JSON object")
    return answer
