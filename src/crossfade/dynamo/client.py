"""The client: DynamoDB JSON in, DynamoDB JSON out, within a deadline."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4
from zlib import crc32

import orjson

from crossfade.dynamo.auth.credentials import KeyRing, source_of
from crossfade.dynamo.auth.request_signer import Authentication
from crossfade.dynamo.config import Config
from crossfade.dynamo.errors import error_of
from crossfade.dynamo.http.transport import HttpTransport, endpoint_of
from crossfade.dynamo.request import Request, Response, Transport
from crossfade.dynamo.retry import (
    REPEATABLE_OPERATIONS,
    Budget,
    Kind,
    Policy,
    ceiling_seconds,
    kind_of,
    may_repeat,
)
from crossfade.errors import CorruptResponse, CrossfadeError, InvalidRequest

T = TypeVar("T")

SUCCESS = 200
NOTHING = b"{}"


class Client:
    """Calls DynamoDB's data plane; belongs to the event loop that runs when it is made.

    Args:
        config: where, who and every limit.
        transport: sends requests instead of the client's own HTTP/1.1.

    Raises:
        ConfigurationError: the endpoint is malformed, or there is none for the region.
    """

    __slots__ = (
        "__weakref__",
        "_authentication",
        "_budget",
        "_http",
        "_loop",
        "_policy",
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
        ring = KeyRing(source_of(config))
        self._authentication = Authentication(ring, config.region, endpoint.authority)
        self._policy = Policy(attempts_max=config.attempts_max)
        self._budget = Budget(config.repeat_tokens_max)

    async def call(
        self, operation: str, request: Mapping[str, Any], *, timeout_seconds: float | None = None
    ) -> dict[str, Any]:
        """Run one operation, such as ``PutItem``, and return DynamoDB's answer as it is.

        A failed attempt is repeated within the deadline while the client's budget of repeats
        lasts. UpdateItem, which may add to what is there, is repeated only after failures that
        had no effect. A write that is repeated after an ambiguous failure may meet its own earlier
        success: a conditional put then raises ConditionFailed with the item it wrote itself.

        Args:
            operation: DynamoDB's name of it.
            request: its parameters in DynamoDB JSON; binary values as base64 text.
            timeout_seconds: for the whole call; the configuration's unless given.

        Raises:
            CrossfadeError: the class that `failures.ERRORS` names, or one of `Transport`'s.
        """
        if operation == "TransactWriteItems" and "ClientRequestToken" not in request:
            request = {**request, "ClientRequestToken": str(uuid4())}
        return await self.send(operation, encode(operation, request), timeout_seconds)

    def send(
        self, operation: str, body: bytes, timeout_seconds: float | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Run one operation as `call` does, its parameters written as JSON already."""
        return self.send_as(operation, body, parse, timeout_seconds)

    async def send_as(
        self,
        operation: str,
        body: bytes,
        read: Callable[[str, bytes], T],
        timeout_seconds: float | None = None,
    ) -> T:
        """Run one operation as `send` does, and return what `read` makes of the answer's JSON.

        Args:
            operation: DynamoDB's name of it.
            body: its parameters as JSON.
            read: given the operation and the answer; raises CorruptResponse if it cannot read it.
            timeout_seconds: for the whole call; the configuration's unless given.
        """
        deadline = self._loop.time() + (timeout_seconds or self.config.timeout_seconds)
        repeatable = operation in REPEATABLE_OPERATIONS
        seconds = self.config.attempt_timeout_seconds
        attempt = 1
        while True:
            try:
                head = self._authentication.form(operation)
                if head is None:
                    head = await self._authentication.turn(operation, deadline)
                request = Request(head(body), body, deadline, seconds, repeatable)
                response = await self._transport(request)
                answer = read(operation, content_of(operation, body, response))
            except CrossfadeError as error:
                await self._pause(error, operation, attempt, deadline)
                attempt += 1
            else:
                self._budget.earn()
                return answer

    def share(self) -> Self:
        """Return this client to one more user, who closes it too."""
        self._users += 1
        return self

    async def close(self) -> None:
        """Give the client up; with its last user every connection closes.

        Calls under way then end with Interrupted.
        """
        self._users -= 1
        if self._users > 0:
            return
        self.closed = True
        await self._http.close()
        await self._authentication.close()

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
        """Connections open or being opened at this moment."""
        return self._http.pool.open_count

    async def _pause(
        self, error: CrossfadeError, operation: str, attempt: int, deadline: float
    ) -> None:
        """Wait before the next attempt, or raise the error when there is to be none."""
        kind = kind_of(error)
        repeatable = operation in REPEATABLE_OPERATIONS
        if not may_repeat(self._policy, kind, attempt, repeatable=repeatable):
            raise error
        if kind is Kind.EXPIRED:
            self._authentication.forget()
        ceiling = ceiling_seconds(self._policy, kind, attempt)
        pause = random.random() * ceiling  # noqa: S311 - spreads callers, keeps no secret
        if self._loop.time() + pause >= deadline or not self._budget.spend():
            raise error
        await asyncio.sleep(pause)


def encode(operation: str, request: Mapping[str, Any]) -> bytes:
    """Return a request as JSON.

    Raises:
        InvalidRequest: it holds what JSON cannot.
    """
    try:
        return orjson.dumps(request)
    except TypeError as error:
        raise InvalidRequest(f"{operation}: the request is not DynamoDB JSON: {error}") from None


def content_of(operation: str, body: bytes, response: Response) -> bytes:
    """Return the JSON of a successful answer.

    Args:
        operation: what was asked for.
        body: with which parameters, as JSON.
        response: what came back.

    Raises:
        CorruptResponse: it does not match its checksum.
        CrossfadeError: it is an error, translated by `failures.error_of`.
    """
    status, headers, content = response
    checksum = headers.get("x-amz-crc32")
    if checksum is not None and checksum != str(crc32(content)):
        raise CorruptResponse(f"DynamoDB's answer to {operation} does not match its checksum")
    if status != SUCCESS:
        raise error_of(operation, orjson.loads(body), response)
    return content


def parse(operation: str, content: bytes) -> dict[str, Any]:
    """Return an answer's JSON as a dict.

    Raises:
        CorruptResponse: it is not a JSON object.
    """
    if content == NOTHING:
        return {}
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise CorruptResponse(f"DynamoDB's answer to {operation} is not a JSON object")
    return answer
