"""The whole story of an answer: understand, search, answer, cite, check."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable

from assistant.answer import BUILT_IN, Answer, Citation, State, Statement
from assistant.answerers import evidence, extractive, generative
from assistant.answerers.verify import borne_out, left_out
from assistant.citations import cite, holds
from assistant.question import Question, parts, standalone
from index.keyword import word_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from assistant.answerers.extractive import Candidate
    from assistant.reader import Reader, Reading
    from corpus.document import Document
    from index.passage import Passage
    from index.search import Hit, SearchIndex

PASSAGES = 10
MODEL_PASSAGES = 6
CLOSEST = 3
PASSAGES_READ = 8
_NOT_BORNE_OUT = (
    "The sources do not bear out what the chat model wrote; this is the built-in answer instead."
)
_NOT_FOUND = "The documents do not answer this question."


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer and how it came about, for those who measure.

    `hits` are the passages it was made of, best first; `draft` is what was there to say, whether
    or not the assistant then abstained from saying it.
    """

    answer: Answer
    draft: Answer
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is for a question: passages, sentences by probability, and what was read."""

    hits: Sequence[Hit]
    weighed: Sequence[Candidate]
    readings: Mapping[str, Reading]
    confidence: float


class Assistant(Runnable[Question, Answer]):
    """Answers questions from one index; a LangChain Runnable from Question to Answer.

    With a chat model it writes the answer; when the model hangs, fails or writes nonsense, the
    built-in answerer's is given instead, with a notice. Safe to use from several threads.
    """

    def __init__(
        self,
        index: SearchIndex,
        reader: Reader,
        model: BaseChatModel | None = None,
        model_timeout: float = 30.0,
    ) -> None:
        self._index = index
        self._reader = reader
        self._model = model
        self._model_timeout = model_timeout

    def ask(self, text: str, history: Sequence[tuple[str, str]] = ()) -> Answer:
        """Answer a question, given the (question, answer) pairs before it, oldest first.

        Raises:
            QuestionError: the question is empty or far too long.
        """
        return self.invoke(Question.of(text, tuple(history)))

    def search(self, question: str, count: int = PASSAGES) -> list[Hit]:
        """Give the passages found for a question that stands alone, best first."""
        return self._index.search(question, count)

    def document(self, document_id: str) -> Document:
        """Give a document by its id; KeyError where there is none."""
        return self._index.catalogue.document(document_id)

    def document_count(self) -> int:
        """Count the documents that answers come from."""
        return self._index.catalogue.document_count()

    def identity(self) -> str:
        """Name what the answers depend on besides the code: each document and the chat model."""
        entries = sorted((each.document_id, each.hash) for each in self._index.catalogue.entries())
        return repr((_name(self._model) if self._model else BUILT_IN, entries))

    def warm_up(self) -> None:
        """Load what the first answer would have to wait for."""
        self.ask("warm up")

    def invoke(
        self,
        input: Question,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Answer:
        """Answer one question."""
        del config, kwargs
        return self._work(input)[0]

    def trace(self, text: str, history: Sequence[tuple[str, str]] = ()) -> Trace:
        """Answer a question as `ask` does, and tell how the answer came about."""
        answer, found = self._work(Question.of(text, tuple(history)))
        draft = answer
        if answer.abstained and found.weighed:
            draft = self._built_in(answer, found.weighed)
        return Trace(answer, draft, found.hits)

    def _work(self, asked: Question) -> tuple[Answer, _Found]:
        started = time.perf_counter()
        question = standalone(asked)
        found = self._find(question)
        answer = Answer(
            question=asked.text,
            standalone_question=question,
            state=State.ANSWERED,
            statements=(),
            citations=(),
            closest=(),
            answerer=BUILT_IN,
            confidence=found.confidence,
            seconds=0.0,
        )
        if answer.confidence < evidence.calibration().answer:
            answer = self._decline(answer, found)
        elif self._model:
            answer = self._by_model(answer, found.hits, found.weighed)
        else:
            answer = self._built_in(answer, found.weighed)
        return replace(answer, seconds=time.perf_counter() - started), found

    def _find(self, question: str) -> _Found:
        """Search and read for a question and, where it asks several things, for each of them."""
        hits = self.search(question)
        ranked = extractive.rank(question, hits, word_weights(self._index.catalogue, question))
        readings = self._read(question, hits)
        weighed = evidence.weigh(ranked, readings)
        confidence = evidence.confidence(ranked, weighed, readings)
        return _Found(hits, weighed, readings, confidence)

    def _best_of_parts(self, question: str) -> tuple[list[Candidate], list[str]]:
        """Where a question asks several things, give the best sentence for each, and the rest."""
        asked = parts(question)
        found = {each: self._find(each) for each in asked} if len(asked) > 1 else {}
        least = evidence.calibration().answer
        open_ones = [each for each, there in found.items() if there.confidence < least]
        return [
            there.weighed[0] for each, there in found.items() if each not in open_ones
        ], open_ones

    def _read(self, question: str, hits: Sequence[Hit]) -> dict[str, Reading]:
        passages = [hit.passage for hit in hits[:PASSAGES_READ]]
        readings = self._reader.read(question, passages)
        return dict(zip((each.id for each in passages), readings, strict=True))

    def _decline(self, answer: Answer, found: _Found) -> Answer:
        """Say what contradicts the question, or that nothing answers it."""
        correction = evidence.correction(found.weighed, found.readings)
        if correction is None:
            return self._abstain(answer, found.weighed)
        spans = [(correction.hit.passage, correction.span.start, correction.span.end)]
        citations = self._cite(spans)
        return replace(
            answer,
            state=State.FALSE_PREMISE,
            statements=tuple(Statement(each.quote, (each.marker,)) for each in citations),
            citations=tuple(citations),
        )

    def _built_in(self, answer: Answer, weighed: Sequence[Candidate]) -> Answer:
        question = answer.standalone_question
        first, left_open = self._best_of_parts(question)
        chosen = extractive.select(question, weighed, first)
        spans = [(each.hit.passage, each.span.start, each.span.end) for each in chosen]
        citations = self._cite(spans)
        statements = [
            Statement(quote.quote, (quote.marker,), _direct(each) if each is weighed[0] else None)
            for each, quote in zip(chosen, citations, strict=True)
        ]
        answer = replace(answer, statements=tuple(statements), citations=tuple(citations))
        if first and left_open:
            notice = f"Not found in the documents: {' '.join(left_open)}"
            return replace(answer, state=State.PARTIAL, notice=notice)
        return answer

    def _by_model(
        self, answer: Answer, hits: Sequence[Hit], weighed: Sequence[Candidate]
    ) -> Answer:
        assert self._model is not None  # noqa: S101 - the caller has checked
        try:
            written = generative.write(
                self._model, answer.standalone_question, hits[:MODEL_PASSAGES], self._model_timeout
            )
        except generative.ModelAnswerError as error:
            notice = f"The chat model {error}; this is the built-in answer instead."
            return replace(self._built_in(answer, weighed), notice=notice)
        answer = replace(answer, answerer=_name(self._model))
        if not written:
            return self._abstain(answer, weighed)
        given = [hit.passage for hit in hits[:MODEL_PASSAGES]]
        kept, found = borne_out(written, given)
        if not kept:
            built_in = replace(answer, answerer=BUILT_IN)
            return replace(self._built_in(built_in, weighed), notice=_NOT_BORNE_OUT)
        spans = list(dict.fromkeys(span for borne in found for span in borne.spans))
        citations = self._cite([(passage, span.start, span.end) for passage, span in spans])
        statements = [
            Statement(each.text, tuple(spans.index(span) + 1 for span in borne.spans))
            for each, borne in zip(kept, found, strict=True)
        ]
        return replace(
            answer,
            statements=tuple(statements),
            citations=tuple(citations),
            notice=left_out(len(written) - len(kept)),
        )

    def _abstain(self, answer: Answer, ranked: Sequence[Candidate]) -> Answer:
        best: dict[str, Candidate] = {}
        for each in ranked:
            best.setdefault(each.hit.passage.id, each)
        nearest = list(best.values())[:CLOSEST]
        spans = [(each.hit.passage, each.span.start, each.span.end) for each in nearest]
        return replace(
            answer,
            state=State.NOT_FOUND,
            statements=(Statement(_NOT_FOUND),),
            closest=tuple(self._cite(spans)),
        )

    def _cite(self, spans: Sequence[tuple[Passage, int, int]]) -> list[Citation]:
        find = self._index.catalogue.document
        citations = [
            cite(find(passage.document_id), start, end, marker)
            for marker, (passage, start, end) in enumerate(spans, start=1)
        ]
        wrong = [each for each in citations if not holds(each, find)]
        if wrong:
            raise AssertionError(f"a citation does not hold: {wrong[0]}")
        return citations


def _name(model: BaseChatModel) -> str:
    parameters = model._get_ls_params()  # noqa: SLF001 - how LangChain itself names a model
    return str(parameters.get("ls_model_name") or type(model).__name__)


def _direct(candidate: Candidate) -> tuple[int, int] | None:
    """Give where in its sentence a candidate's answering words stand."""
    if candidate.words is None or candidate.words == candidate.span:
        return None
    start = candidate.span.start
    return candidate.words.start - start, candidate.words.end - start
