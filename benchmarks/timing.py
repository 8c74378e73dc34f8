"""How long a piece of work takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Do the work; give how long it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
