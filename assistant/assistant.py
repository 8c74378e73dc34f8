"""The whole story of an answer: understand, search, answer, cite, check."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable

from assistant.answer import BUILT_IN, Answer, Citation, State, Statement
from assistant.answerers import composition, generative
from assistant.answerers.verify import borne_out, left_out
from assistant.citations import cite, holds
from assistant.finder import PASSAGES, find
from assistant.french import is_french
from assistant.question import Question, parts, standalone
from assistant.spelling import correct
from assistant.suggestions import questions_about

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from assistant.answerers.extractive import Candidate
    from assistant.finder import Found
    from assistant.reader import Reader
    from corpus.document import Document
    from index.passage import Passage, Span
    from index.search import Hit, SearchIndex

MODEL_PASSAGES = 6
CLOSEST = SUGGESTIONS = 3
_TRIED = 4  # suggestions; each costs a search
_SOURCES_DIFFER = "The sources give different numbers; each stands with who gives it."
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
        self._find(self._understood(Question("warm up")))

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

    def _work(self, asked: Question) -> tuple[Answer, Found]:
        started = time.perf_counter()
        question = self._understood(asked)
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
        if correction := found.correction:
            answer = self._correct(answer, correction)
        elif not found.answered:
            answer = self._abstain(answer, found.weighed)
        elif self._model:
            answer = self._by_model(answer, found.hits, found.weighed)
        else:
            answer = self._built_in(answer, found.weighed)
        return replace(answer, seconds=time.perf_counter() - started), found

    def _understood(self, asked: Question) -> str:
        """Give the question standing alone and spelt as the documents spell it."""
        question = standalone(asked)
        return question if is_french(question) else correct(question, self._index.catalogue)

    def _find(self, question: str) -> Found:
        return find(self._index, self._reader, question)

    def _best_of_parts(self, question: str) -> tuple[list[Candidate], list[str]]:
        """Where a question asks several things, give the best sentence for each, and the rest."""
        asked = parts(question)
        if len(asked) == 1:
            return [], []
        found = {each: self._find(each) for each in asked}
        best = [there.weighed[0] for there in found.values() if there.answered]
        return best, [each for each, there in found.items() if not there.answered]

    def _correct(self, answer: Answer, correction: Candidate) -> Answer:
        """Say what contradicts the question."""
        citations = self._quote([correction])
        return replace(
            answer,
            state=State.FALSE_PREMISE,
            statements=tuple(Statement(each.quote, (each.marker,)) for each in citations),
            citations=tuple(citations),
        )

    def _built_in(self, answer: Answer, weighed: Sequence[Candidate]) -> Answer:
        question = answer.standalone_question
        first, left_open = self._best_of_parts(question)
        others = composition.other_numbers(weighed)
        said = composition.compose(question, weighed, [*others, *first])
        cited = self._quote([each for one in said for each in one.sentences])
        markers = iter(each.marker for each in cited)
        statements = [
            Statement(
                each.candidate.text,
                tuple(islice(markers, len(each.sentences))),
                _direct(each.candidate) if each.candidate is weighed[0] else None,
            )
            for each in said
        ]
        answer = replace(answer, statements=tuple(statements), citations=tuple(cited))
        if first and left_open:
            notice = f"Not found in the documents: {' '.join(left_open)}"
            return replace(answer, state=State.PARTIAL, notice=notice)
        return replace(answer, notice=_SOURCES_DIFFER) if others else answer

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
        citations = self._cite([(passage.document_id, span) for passage, span in spans])
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
        nearest = list(best.values())
        return replace(
            answer,
            state=State.NOT_FOUND,
            statements=(Statement(_NOT_FOUND),),
            closest=tuple(self._quote(nearest[:CLOSEST])),
            suggestions=tuple(self._suggestions([each.hit.passage for each in nearest])),
        )

    def _suggestions(self, passages: Sequence[Passage]) -> list[str]:
        """Give questions about what is near that the documents do answer."""
        tried = islice(questions_about(passages), _TRIED)
        return list(islice((each for each in tried if self._find(each).answered), SUGGESTIONS))

    def _quote(self, candidates: Sequence[Candidate]) -> list[Citation]:
        return self._cite([(each.hit.passage.document_id, each.span) for each in candidates])

    def _cite(self, spans: Sequence[tuple[str, Span]]) -> list[Citation]:
        document = self._index.catalogue.document
        citations = [
            cite(document(document_id), span.start, span.end, marker)
            for marker, (document_id, span) in enumerate(spans, start=1)
        ]
        wrong = [each for each in citations if not holds(each, document)]
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
