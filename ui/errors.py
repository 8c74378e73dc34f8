"""What can be wrong with a way in."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from assistant.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class ServerError(Exception):
    """The server cannot start; the message is one line that says how to mend it."""


def sentence(error: Exception) -> str:
    """Give the message of an error as a sentence."""
    message = str(error)
    return f"{message[:1].upper()}{message[1:]}."


def unless_unusable(work: Callable[[], _T], otherwise: _T) -> _T:
    """Do something with what is kept; where it cannot be used, log why and give `otherwise`."""
    try:
        return work()
    except StorageError as error:
        _log.error("%s", error)
        return otherwise
