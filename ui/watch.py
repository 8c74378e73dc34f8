"""What those who run the server see of it: counts, a line a question, and spans if wanted."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from opentelemetry.trace import NoOpTracer, StatusCode
from prometheus_client import CollectorRegistry, Counter, Histogram

from assistant.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.trace import Span, Tracer

    from assistant.answer import Answer
    from assistant.question import Question
    from ui.errors import LimitError

_BUCKETS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2)  # seconds
_log = logging.getLogger("summit.questions")


class Watch:
    """Counts and logs questions; holds nothing of a visitor but, if asked for, the question."""

    def __init__(self, *, log_questions: bool = False) -> None:
        self._log_questions = log_questions
        self.tracer: Tracer = NoOpTracer()
        self.registry = CollectorRegistry()
        self._questions = Counter(
            "summit_questions",
            "Questions answered, by way in, state of the answer and who answered.",
            ("way", "state", "answerer"),
            registry=self.registry,
        )
        self._abstentions = Counter(
            "summit_abstentions",
            "Questions that were left unanswered as they were put.",
            ("way",),
            registry=self.registry,
        )
        self._failures = Counter(
            "summit_failures",
            "Questions that could not be answered because something went wrong.",
            ("way",),
            registry=self.registry,
        )
        self._limited = Counter(
            "summit_limited",
            "Questions that were turned away, by the setting that is the limit.",
            ("limit",),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "summit_answer_seconds",
            "Seconds from a question that is let in to its answer.",
            ("answerer",),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def limited(self, error: LimitError) -> None:
        """Count a question that is turned away."""
        self._limited.labels(error.limit).inc()
        _log.warning("limited", extra={"limit": error.limit})

    @contextmanager
    def answering(self, way: str, question: Question) -> Iterator[Callable[[Answer], None]]:
        """Give what is to be called with the answer once it is there; failures are counted."""
        # Not the current span: an answer that grows is made in one thread after the other.
        span = self.tracer.start_span("answer", attributes={"summit.way": way})
        try:
            yield partial(self._answered, way, question, span)
        except QuestionError:
            raise
        except Exception as error:
            self._failures.labels(way).inc()
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()

    def _answered(self, way: str, question: Question, span: Span, answer: Answer) -> None:
        self._questions.labels(way, answer.state.value, answer.answerer).inc()
        self._seconds.labels(answer.answerer).observe(answer.seconds)
        if answer.abstained:
            self._abstentions.labels(way).inc()
        span.set_attribute("summit.state", answer.state.value)
        span.set_attribute("summit.answerer", answer.answerer)
        span.set_attribute("summit.seconds", answer.seconds)
        said: dict[str, object] = {
            "way": way,
            "state": answer.state.value,
            "answerer": answer.answerer,
            "confidence": round(answer.confidence, 3),
            "citations": len(answer.citations),
            "seconds": round(answer.seconds, 4),
        }
        if self._log_questions:
            said["question"] = question.text
        _log.info("answered", extra=said)
