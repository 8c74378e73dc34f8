"""So many a minute and no more, by a clock that nobody sets.

Packages that count for several servers at once need the time of day; the limits here are those of
one server, and a time of day that is set anew would forget visitors or keep them out.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque

_SPAN = 60.0  # seconds


class Rate:
    """Remembers who did something in the last minute, and when; used from one thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        # Who was counted last stands last.
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._moments)

    def wait(self, who: str) -> float:
        """Give in how many seconds one more is free: 0 where it is now."""
        moments = self._moments.get(who)
        if moments is None or len(moments) < self._most:
            return 0.0
        return max(0.0, moments[0] + _SPAN - time.monotonic())

    def count(self, who: str) -> None:
        """Count one of somebody; whoever did nothing for a minute is forgotten."""
        now = time.monotonic()
        # Of more than may be counted in a minute the oldest says nothing any more.
        self._moments.setdefault(who, deque(maxlen=self._most)).append(now)
        self._moments.move_to_end(who)
        while next(iter(self._moments.values()))[-1] <= now - _SPAN:
            self._moments.popitem(last=False)
