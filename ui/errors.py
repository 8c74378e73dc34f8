"""What can be wrong with a way in.

ServerError        the server cannot start
LimitError         a question cannot be taken now; it says when it can be
├── BusyError      a limit on questions is reached
└── ClosingError   the server stops
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from assistant.errors import StorageError
from index.errors import IndexUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
_NO_ANSWER = "the documents cannot be searched at the moment; ask again in a minute"
_log = logging.getLogger(__name__)


class ServerError(Exception):
    """The server cannot start; the message is one line that says how to mend it."""


class LimitError(Exception):
    """A question cannot be taken now.

    `seconds` later it may be, `status` is what HTTP calls it, `limit` the setting that is reached.
    """

    status: int

    def __init__(self, message: str, limit: str, seconds: int) -> None:
        super().__init__(f"{message}; ask again in {seconds} s")
        self.limit = limit
        self.seconds = seconds


class BusyError(LimitError):
    """A limit on questions is reached."""

    status = 429

    def __init__(self, limit: str, seconds: int) -> None:
        whose = "come from you" if limit.startswith("visitor") else "are asked"
        super().__init__(f"too many questions {whose} at the moment", limit, seconds)


class ClosingError(LimitError):
    """The server stops, and may be about to start again."""

    status = 503

    def __init__(self, seconds: int) -> None:
        super().__init__("the server is stopping", "grace", seconds)


def sentence(error: Exception) -> str:
    """Give the message of an error as a sentence, for visitors."""
    # Where the servers behind this one are is for its log alone.
    message = _NO_ANSWER if isinstance(error, IndexUnreachableError) else str(error)
    end = "" if message.endswith((".", "?", "!")) or not message else "."
    return f"{message[:1].upper()}{message[1:]}{end}"


def unless_unusable(work: Callable[[], _T], otherwise: _T) -> _T:
    """Do something with what is kept; where it cannot be used, log why and give `otherwise`."""
    try:
        return work()
    except StorageError as error:
        _log.error("%s", error)
        return otherwise
