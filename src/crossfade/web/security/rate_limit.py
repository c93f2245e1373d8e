"""Limit attempts by key: the generic cell rate algorithm (GCRA).

Source: ITU-T I.371, "Traffic control and congestion control in B-ISDN".
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from math import ceil

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

IPV6_NETWORK_BITS = 64


@dataclass(frozen=True, slots=True)
class Rate:
    """A number of attempts allowed in a number of seconds; they are regained one by one."""

    attempts_max: int
    seconds: float


class TooMany(HTTPException):
    """A key has no attempt left."""

    def __init__(self, wait_seconds: float) -> None:
        headers = {"retry-after": str(ceil(wait_seconds))}
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, "Too many attempts; wait a while.", headers)
        self.wait_seconds = wait_seconds


class RateLimiter:
    """A limit on attempts by key, in this process's memory.

    GCRA keeps one number for each key, the theoretical arrival time: when all its attempts are
    regained. Above `keys_max` the key with the oldest attempt is dropped, so limit by several kinds
    of keys, such as address and account.
    """

    def __init__(
        self,
        rate: Rate,
        *,
        keys_max: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without attempts.

        Args:
            rate: the rate allowed for each key.
            keys_max: the largest number of keys kept.
            clock: returns seconds; monotonic.
        """
        self._rate = rate
        self._step_seconds = rate.seconds / rate.attempts_max
        self._keys_max = keys_max
        self._clock = clock
        self._arrival_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of keys kept."""
        return len(self._arrival_at)

    def attempt(self, key: str) -> None:
        """Count an attempt.

        Raises:
            TooMany: no attempt is left; this one is not counted.
        """
        now = self._clock()
        arrival_at = max(self._arrival_at.pop(key, now), now)
        wait_seconds = arrival_at + self._step_seconds - self._rate.seconds - now
        refused = wait_seconds > 0
        self._arrival_at[key] = arrival_at if refused else arrival_at + self._step_seconds
        if len(self._arrival_at) > self._keys_max:
            self._arrival_at.popitem(last=False)
        if refused:
            raise TooMany(wait_seconds)

    def forgive(self, key: str) -> None:
        """Reset the attempts of a key, for example after a successful sign-in."""
        self._arrival_at.pop(key, None)


def address_of(connection: HTTPConnection) -> str:
    """Return the client's address as a key for limits.

    A household has one IPv4 address or a /64 IPv6 network, so IPv6 addresses count by network.
    """
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    network = int(address) >> (128 - IPV6_NETWORK_BITS)
    return f"{network:x}::/{IPV6_NETWORK_BITS}"
