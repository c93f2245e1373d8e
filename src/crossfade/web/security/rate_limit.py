"""How often something may be tried."""

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
    """So many attempts in so many seconds; they come back one by one."""

    attempts_max: int
    seconds: float


class TooMany(HTTPException):
    """Somebody tried too often."""

    def __init__(self, wait_seconds: float) -> None:
        headers = {"retry-after": str(ceil(wait_seconds))}
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, "Too many attempts; wait a while.", headers)
        self.wait_seconds = wait_seconds


class RateLimiter:
    """Counts attempts by key, in this process's memory.

    One number is kept for each key: when its attempts are all back. Of too many keys the one that
    tried longest ago is forgotten first, so limit several kinds of keys: address and account.
    """

    def __init__(
        self,
        rate: Rate,
        *,
        keys_max: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without any attempt.

        Args:
            rate: how often.
            keys_max: how many keys are remembered.
            clock: seconds.
        """
        self._rate = rate
        self._step_seconds = rate.seconds / rate.attempts_max
        self._keys_max = keys_max
        self._clock = clock
        self._whole_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._whole_at)

    def attempt(self, key: str) -> None:
        """Count an attempt.

        Raises:
            TooMany: no attempt is left; this one is not counted.
        """
        now = self._clock()
        whole_at = max(self._whole_at.pop(key, now), now)
        wait_seconds = whole_at + self._step_seconds - self._rate.seconds - now
        refused = wait_seconds > 0
        self._whole_at[key] = whole_at if refused else whole_at + self._step_seconds
        if len(self._whole_at) > self._keys_max:
            self._whole_at.popitem(last=False)
        if refused:
            raise TooMany(wait_seconds)

    def forgive(self, key: str) -> None:
        """Forget the attempts of a key: it turned out to be welcome."""
        self._whole_at.pop(key, None)


def address_of(connection: HTTPConnection) -> str:
    """Return where a request comes from, as a key for limits.

    A home has one IPv4 address or a whole IPv6 network, so IPv6 addresses count by network.
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
