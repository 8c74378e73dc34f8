"""What `summit serve` logs, and how: a line of text, or of JSON, for each thing that happens.

Nothing of a visitor is in it. What an exception says is left out as well, for libraries put into
it what they were given: SQLite a part of a query, pydantic a value. Where it happened stays.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

if TYPE_CHECKING:
    from types import TracebackType

    from assistant.settings import Settings

    _Raised = (
        tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    )

_KNOWN = {*RESERVED_ATTRS, "message", "asctime"}
_RENAMED = {"levelname": "level", "name": "logger", "exc_info": "exception"}


def set_up_logs(settings: Settings) -> None:
    """Have this process log as the settings say; done once, by the command that serves."""
    json = settings.log_format == "json"
    formatter = _Json(settings.log_questions) if json else _Text(settings.log_questions)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    root.addHandler(handler)
    logging.getLogger("summit").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


class _Text(logging.Formatter):
    def __init__(self, word_for_word: bool) -> None:  # noqa: FBT001 - the setting itself
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._word_for_word = word_for_word

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # what another formatter may have left there
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        more = (f"{key}={value}" for key, value in vars(record).items() if key not in _KNOWN)
        return " ".join((super().formatMessage(record), *more))

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - logging's name
        return _told(ei, self._word_for_word)


class _Json(JsonFormatter):
    def __init__(self, word_for_word: bool) -> None:  # noqa: FBT001 - the setting itself
        super().__init__(
            ["levelname", "name", "message"],
            timestamp="time",
            rename_fields=_RENAMED,
            json_ensure_ascii=False,
        )
        self._word_for_word = word_for_word

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - logging's name
        return _told(ei, self._word_for_word)


def _told(raised: _Raised, word_for_word: bool) -> str:  # noqa: FBT001 - the setting itself
    return logging.Formatter().formatException(raised) if word_for_word else _where(raised[1])


def _where(error: BaseException | None) -> str:
    """Give the story of an exception without what it says: kinds and places, the cause first."""
    if error is None:
        return ""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    story = "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__
    return "\n".join(filter(None, (*map(_where, inner), _where(cause), story)))
