"""An assistant that takes over a new index by itself; what it is answering ends on the old one."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.assistant import Assistant
from assistant.finder import PASSAGES
from index.errors import IndexProblemError, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from langchain_core.runnables import RunnableConfig

    from assistant.answer import Answer
    from assistant.assistant import Trace
    from assistant.question import Question
    from corpus.document import Document
    from index.search import Hit

_LOOK_SECONDS = 1.0
_REST_SECONDS = 0.2  # between questions that are rehearsed; about as long as one takes
_log = logging.getLogger("summit.index")


@dataclass(slots=True)
class _Lease:
    assistant: Assistant
    users: int = 0


class RenewingAssistant(Assistant):
    """The assistant of the newest index. Safe to use from several threads.

    At most once a second, and only when it is asked for something, it looks whether there is a
    newer generation than the one it answers from. `newest` names that, `open_newest` gives an
    assistant of it. One that cannot be opened is logged, and the old one stays in use.
    """

    def __init__(self, newest: Callable[[], str], open_newest: Callable[[], Assistant]) -> None:
        self._newest = newest
        self._open_newest = open_newest
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._lease = _Lease(open_newest())
        self._looked = time.monotonic()
        self._complaint = ""
        self._closing = threading.Event()
        self._background: threading.Thread | None = None
        self._idle: Callable[[], bool] | None = None

    def search(self, question: str, count: int = PASSAGES) -> list[Hit]:
        """See `Assistant.search`."""
        with self._current() as assistant:
            return assistant.search(question, count)

    def document(self, document_id: str) -> Document:
        """See `Assistant.document`."""
        with self._current() as assistant:
            return assistant.document(document_id)

    def documents(self) -> Iterator[Document]:
        """See `Assistant.documents`."""
        with self._current() as assistant:
            yield from assistant.documents()

    def document_count(self) -> int:
        """See `Assistant.document_count`."""
        with self._current() as assistant:
            return assistant.document_count()

    @property
    def answerer(self) -> str:
        """See `Assistant.answerer`."""
        return self._lease.assistant.answerer

    @property
    def generation(self) -> str:
        """See `Assistant.generation`."""
        with self._current() as assistant:
            return assistant.generation

    def check(self) -> None:
        """See `Assistant.check`."""
        with self._current() as assistant:
            assistant.check()

    def identity(self) -> str:
        """See `Assistant.identity`."""
        with self._current() as assistant:
            return assistant.identity()

    def warm_up(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """See `Assistant.warm_up`."""
        with self._current() as assistant:
            assistant.warm_up(lambda: go_on() and not self._closing.is_set())

    def rehearse(self, go_on: Callable[[], bool] = lambda: True) -> int:
        """See `Assistant.rehearse`."""
        with self._current() as assistant:
            return assistant.rehearse(go_on)

    def keep_rehearsed(self, idle: Callable[[], bool]) -> None:
        """Rehearse in the background, and again after each take-over, while it is `idle`."""
        self._idle = idle
        self._in_background(self._rehearse)

    def starters(self, count: int = 6) -> list[str]:
        """See `Assistant.starters`."""
        with self._current() as assistant:
            return assistant.starters(count)

    def invoke(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Answer:
        """See `Assistant.invoke`."""
        with self._current() as assistant:
            return assistant.invoke(input, config, **kwargs)

    def stream(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Answer]:
        """See `Assistant.stream`."""
        with self._current() as assistant:
            yield from assistant.stream(input, config, **kwargs)

    def trace(
        self, text: str, history: Sequence[tuple[str, str]] = (), document: str = ""
    ) -> Trace:
        """See `Assistant.trace`."""
        with self._current() as assistant:
            return assistant.trace(text, history, document)

    def close(self) -> None:
        """See `Assistant.close`."""
        # Python ends with an abort where a thread is within the model then.
        self._closing.set()
        if self._background:
            self._background.join()
        self._lease.assistant.close()

    @contextmanager
    def _current(self) -> Iterator[Assistant]:
        """Give the newest assistant; it stays open until it is left."""
        self._renew()
        with self._lock:
            lease = self._lease
            lease.users += 1
        try:
            yield lease.assistant
        finally:
            with self._lock:
                lease.users -= 1
                unused = lease is not self._lease and not lease.users
            if unused:
                lease.assistant.close()

    def _renew(self) -> None:
        """Take over a newer index where there is one; only one thread does, the others go on."""
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        if not self._renewing.acquire(blocking=False):
            return
        try:
            if self._newest() != self._lease.assistant.generation:
                self._succeed(self._open_newest())
            self._complaint = ""
        except IndexProblemError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                _log.warning("the new index is not taken over: %s", error)
        finally:
            self._looked = time.monotonic()
            self._renewing.release()

    def _succeed(self, assistant: Assistant) -> None:
        with self._lock:
            old, self._lease = self._lease, _Lease(assistant)
            unused = not old.users
        if unused:
            old.assistant.close()
        _log.info("a new index is in use: %s documents", assistant.document_count())
        # Nobody who asks is to wait until new starters are tried.
        self._in_background(self._prepare)

    def _in_background(self, work: Callable[[], None]) -> None:
        self._background = threading.Thread(target=self._try, args=(work,), daemon=True)
        self._background.start()

    def _try(self, work: Callable[[], None]) -> None:
        """Do what only saves time later, and say where the index cannot be used for it."""
        try:
            work()
        except (IndexProblemError, ModelError) as error:
            _log.warning("the documents' own questions are not tried: %s", error)

    def _prepare(self) -> None:
        self.warm_up()
        if self._idle:
            self._rehearse()

    def _rehearse(self) -> None:
        with self._current() as assistant:
            tried = assistant.rehearse(partial(self._may_go_on, assistant))
        _log.info("%d questions that the documents suggest were tried", tried)

    def _may_go_on(self, assistant: Assistant) -> bool:
        """Rest until nobody is answered; whether the assistant is in use then."""
        while not self._closing.wait(_REST_SECONDS) and assistant is self._lease.assistant:
            if self._idle is None or self._idle():
                return True
        return False
