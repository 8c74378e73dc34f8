"""The whole story of an answer: understand, search, answer, cite, check."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable

from assistant.answer import BUILT_IN, Answer, Citation, State, Statement
from assistant.answerers import extractive, generative
from assistant.citations import cite, holds
from assistant.question import Question, standalone
from index.keyword import word_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from assistant.answerers.extractive import Candidate
    from corpus.document import Document
    from index.passage import Passage
    from index.search import Hit, SearchIndex

PASSAGES = 10
MODEL_PASSAGES = 6
CLOSEST = 3
# On the dev questions every one that is off the subject stays below 0.25, and one of 102 that the
# documents answer stays below 0.36, asked in French.
MIN_CONFIDENCE = 0.36
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


class Assistant(Runnable[Question, Answer]):
    """Answers questions from one index; a LangChain Runnable from Question to Answer.

    With a chat model it writes the answer; when the model hangs, fails or writes nonsense, the
    built-in answerer's is given instead, with a notice. Safe to use from several threads.
    """

    def __init__(
        self, index: SearchIndex, model: BaseChatModel | None = None, model_timeout: float = 30.0
    ) -> None:
        self._index = index
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
        self._index.search("warm up", 1)

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
        answer, hits, ranked = self._work(Question.of(text, tuple(history)))
        draft = self._built_in(answer, ranked) if answer.abstained and ranked else answer
        return Trace(answer, draft, hits)

    def _work(self, asked: Question) -> tuple[Answer, list[Hit], list[Candidate]]:
        started = time.perf_counter()
        question = standalone(asked)
        hits = self.search(question)
        ranked = extractive.rank(question, hits, word_weights(self._index.catalogue, question))
        answer = Answer(
            question=asked.text,
            standalone_question=question,
            state=State.ANSWERED,
            statements=(),
            citations=(),
            closest=(),
            answerer=BUILT_IN,
            confidence=extractive.confidence(ranked),
            seconds=0.0,
        )
        if answer.confidence < MIN_CONFIDENCE:
            answer = self._abstain(answer, ranked)
        elif self._model:
            answer = self._by_model(answer, hits, ranked)
        else:
            answer = self._built_in(answer, ranked)
        return replace(answer, seconds=time.perf_counter() - started), hits, ranked

    def _built_in(self, answer: Answer, ranked: Sequence[Candidate]) -> Answer:
        chosen = extractive.select(answer.standalone_question, ranked)
        spans = [(each.hit.passage, each.span.start, each.span.end) for each in chosen]
        citations = self._cite(spans)
        statements = [Statement(each.quote, (each.marker,)) for each in citations]
        return replace(answer, statements=tuple(statements), citations=tuple(citations))

    def _by_model(self, answer: Answer, hits: Sequence[Hit], ranked: Sequence[Candidate]) -> Answer:
        assert self._model is not None  # noqa: S101 - the caller has checked
        try:
            written = generative.write(
                self._model, answer.standalone_question, hits[:MODEL_PASSAGES], self._model_timeout
            )
        except generative.ModelAnswerError as error:
            notice = f"The chat model {error}; this is the built-in answer instead."
            return replace(self._built_in(answer, ranked), notice=notice)
        answer = replace(answer, answerer=_name(self._model))
        if not written:
            return self._abstain(answer, ranked)
        passages = list(
            {passage.id: passage for each in written for passage in each.passages}.values()
        )
        citations = self._cite([(passage, passage.start, passage.end) for passage in passages])
        marker = {
            passage.id: each.marker for passage, each in zip(passages, citations, strict=True)
        }
        statements = [
            Statement(each.text, tuple(marker[passage.id] for passage in each.passages))
            for each in written
        ]
        return replace(answer, statements=tuple(statements), citations=tuple(citations))

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
