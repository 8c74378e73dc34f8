"""Who may ask now: so many questions a minute, so many at once, and the others in a line."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from ui.errors import BusyError, ClosingError
from ui.rate import Rate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import HTTPConnection

    from assistant.settings import Settings

_IPV6_SITE = 64  # bits: what one visitor is given of IPv6
_FIRST_GUESS = 1.0  # seconds that an answer takes, before any was given
_WEIGHT = 0.2  # of the newest answer in how long answers take


class Admission:
    """Lets questions in as far as the settings allow; used from one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._visitor_rate = Rate(settings.visitor_rate)
        self._rate = Rate(settings.rate)
        self._places = anyio.Semaphore(settings.simultaneous)
        self._of_visitor: Counter[str] = Counter()
        self._usual = _FIRST_GUESS
        self._closing = False
        self._empty = anyio.Event()
        self.answering = 0
        self.waiting = 0

    @asynccontextmanager
    async def place(self, visitor: str) -> AsyncIterator[None]:
        """Wait for a place for one question of a visitor, and hold it.

        Raises:
            BusyError: a limit is reached, which it names, with when to come back.
            ClosingError: the server stops.
        """
        self.refuse_while_closing()
        self._refuse_too_many(visitor)
        self._refuse_too_often(visitor)
        self._of_visitor[visitor] += 1
        try:
            await self._wait()
            began = time.monotonic()
            self.answering += 1
            try:
                yield
            finally:
                self.answering -= 1
                self._places.release()
                self._usual += _WEIGHT * (time.monotonic() - began - self._usual)
        finally:
            self._of_visitor[visitor] -= 1
            self._of_visitor += Counter()  # forgets who has left
            if self._closing and not self._of_visitor:
                self._empty.set()

    async def close(self, grace: float) -> None:
        """Let nobody in any more, and wait up to `grace` seconds for those who are in."""
        self._closing = True
        if self._of_visitor:
            with anyio.move_on_after(grace):
                await self._empty.wait()

    def refuse_while_closing(self) -> None:
        """Let in whoever comes, unless the server stops.

        Raises:
            ClosingError: it does.
        """
        if self._closing:
            raise ClosingError(max(1, math.ceil(self._settings.grace)))

    async def _wait(self) -> None:
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1

    def _refuse_too_many(self, visitor: str) -> None:
        settings = self._settings
        turn = max(1, math.ceil((self.waiting + 1) * self._usual / settings.simultaneous))
        if self._of_visitor[visitor] >= settings.visitor_simultaneous:
            raise BusyError("visitor_simultaneous", turn)
        full = self.answering >= settings.simultaneous
        if full and self.waiting >= settings.queue:
            raise BusyError("queue", turn)

    def _refuse_too_often(self, visitor: str) -> None:
        rates = (("visitor_rate", self._visitor_rate, visitor), ("rate", self._rate, "all"))
        for name, rate, who in rates:
            if wait := rate.wait(who):
                raise BusyError(name, math.ceil(wait))
        for _, rate, who in rates:
            rate.count(who)


def visitor_of(connection: HTTPConnection) -> str:
    """Tell visitors apart: a program by its token, others by their address.

    Behind a proxy the address is right where the proxy is one that is trusted.
    """
    program: str = connection.scope.get("state", {}).get("program", "")
    return program or _site(connection.client.host if connection.client else "")


def _site(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
        return str(ipaddress.ip_network((host, _IPV6_SITE), strict=False))
    return host
