"""The command `summit serve`: index, assistant and limits are set up, and the server runs."""

from __future__ import annotations

import logging
import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

from rich.console import Console

from assistant.conversations import Conversations
from assistant.feedback import Feedback
from assistant.load import is_kept_by_others, open_embedder, open_renewing
from corpus.load import SHIPPED_DOCUMENTS
from index.errors import IndexBusyError, IndexLossError, IndexMismatchError
from ui.admission import Admission
from ui.desk import Desk
from ui.errors import ServerError, unless_unusable
from ui.logs import set_up_logs
from ui.server import build_app, listen
from ui.server import serve as run
from ui.sync import sync
from ui.watch import Watch

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from fastapi import FastAPI

    from assistant.renewal import RenewingAssistant
    from assistant.settings import Settings

_CUT_OFF = 1  # exit code
_log = logging.getLogger("summit.server")


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        ServerError: it cannot start.
        IndexProblemError: the index can be neither used nor made.
    """
    tracing = _tracing(settings)
    listener = listen(settings.host, settings.port)
    set_up_logs(settings)
    conversations = Conversations(
        settings.data_dir, settings.database_url, most=settings.kept_answers
    )
    feedback = Feedback(settings.data_dir, settings.database_url)
    # Whoever starts it is to know at once where nothing can be kept; it answers all the same.
    unless_unusable(lambda: conversations.answer(""), None)
    watch = Watch(log_questions=settings.log_questions)
    assistant = _assistant(settings)
    desk = Desk(assistant, settings, Admission(settings), watch)
    shipped = settings.corpus_dir == SHIPPED_DOCUMENTS
    application = build_app(desk, conversations, feedback, shipped=shipped)
    _log.info("Summit Assistant is ready: %s  (stop with Ctrl-C)", _address(listener))
    if settings.rehearse:
        assistant.keep_rehearsed(lambda: not desk.admission.answering)
    with tracing(application, watch):
        complete = run(application, listener, desk)
    if not complete:
        _log.warning("answers were cut off")
        # Python would wait for their threads.
        logging.shutdown()
        os._exit(_CUT_OFF)
    assistant.close()


def _assistant(settings: Settings) -> RenewingAssistant:
    terminal = Console(stderr=True)
    embedder = open_embedder(settings)
    try:
        if not is_kept_by_others(settings):
            sync(settings, embedder, terminal, say=_log.warning)
    except IndexMismatchError as error:
        _log.warning("%s - doing so now", error)
        sync(settings, embedder, terminal, say=_log.warning, rebuild=True)
    except (IndexBusyError, IndexLossError) as error:
        _log.warning("%s; until then answers come from the index as it is", error)
    assistant = open_renewing(settings, embedder)
    assistant.warm_up()
    return assistant


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _tracing(settings: Settings) -> Callable[[FastAPI, Watch], AbstractContextManager[None]]:
    """Give what traces a server while it is entered, or does nothing where that is not wanted."""
    if not settings.traces:
        return lambda *_: nullcontext()
    try:
        from ui.traces import tracing  # noqa: PLC0415 - it is an extra
    except ImportError as error:
        raise ServerError(
            "SUMMIT_TRACES needs what is not installed; install the extra: "
            "pip install '.[telemetry]', or set SUMMIT_TRACES=false"
        ) from error
    return tracing
