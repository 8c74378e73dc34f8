"""Writes the answer to what was found: quotes it, corrects, abstains, or has a chat model write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from assistant.answer import BUILT_IN, Answer, Citation, State, Statement
from assistant.answerers import composition, generative
from assistant.answerers.verify import borne_out, left_out
from assistant.citations import cite, holds
from assistant.comparison import about, named_in
from assistant.question import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langchain_core.language_models import BaseChatModel

    from assistant.answerers.extractive import Candidate
    from assistant.finder import Found
    from corpus.document import Document
    from index.passage import Span
    from index.search import Hit

    Find = Callable[[str], Found]

MODEL_PASSAGES = 6
CLOSEST = 3
_SOURCES_DIFFER = "The sources give different numbers; each stands with who gives it."
_NOT_BORNE_OUT = (
    "The sources do not bear out what the chat model wrote; this is the built-in answer instead."
)
_NOT_FOUND = "The documents do not answer this question."


@dataclass(frozen=True, slots=True)
class _Parts:
    """What there is for each part of a question that asks several things.

    `best` are the likeliest sentences, `left_open` the parts that none answers; `by_name` has the
    sentence, if there is one, for each name that is asked about.
    """

    best: tuple[Candidate, ...] = ()
    left_open: tuple[str, ...] = ()
    by_name: Mapping[str, Candidate | None] = field(default_factory=dict)

    @classmethod
    def of(cls, question: str, find_part: Find) -> _Parts:
        asked = parts(question)
        if len(asked) == 1:
            return cls()
        with ThreadPoolExecutor(len(asked)) as pool:
            found = dict(zip(asked, pool.map(find_part, asked), strict=True))
        best = {each: there.weighed[0] for each, there in found.items() if there.answered}
        return cls(
            tuple(best.values()),
            tuple(each for each in asked if each not in best),
            {name: best.get(each) for each, name in asked.items() if name},
        )

    @property
    def leads(self) -> tuple[Candidate, ...]:
        """The sentences for the names, where there are some for two that differ."""
        found = {(each.hit.passage.id, each.number): each for each in self.by_name.values() if each}
        return tuple(found.values()) if len(found) > 1 else ()


class Writer:
    """Makes answers whose every quotation stands in its document.

    `document` gives a document by its id. What a method writes goes into a copy of the answer
    that it is given, which says what was asked.
    """

    def __init__(
        self,
        document: Callable[[str], Document],
        model: BaseChatModel | None,
        model_timeout: float,
    ) -> None:
        self._document = document
        self._model = model
        self._model_timeout = model_timeout

    def write(self, answer: Answer, found: Found, find_part: Find) -> Answer:
        """Say what was found, or that it answers nothing; `find_part` looks for one part of it."""
        if correction := found.correction:
            return self._correct(answer, correction)
        if not found.answered:
            return self._abstain(answer, found.weighed)
        if self._model:
            return self._by_model(self._model, answer, found, find_part)
        return self.quote(answer, found.weighed, find_part)

    def quote(self, answer: Answer, weighed: Sequence[Candidate], find_part: Find) -> Answer:
        """Answer with the likeliest sentences, word for word."""
        question = answer.standalone_question
        asked = _Parts.of(question, find_part)
        others = composition.other_numbers(weighed)
        said = composition.compose(question, weighed, [*others, *asked.best], asked.leads)
        likeliest = [weighed[0], *asked.leads]
        cited = self._quote([each for one in said for each in one.sentences])
        markers = iter(each.marker for each in cited)
        statements = [
            Statement(
                each.candidate.text,
                tuple(islice(markers, len(each.sentences))),
                _direct(each.candidate) if each.candidate in likeliest else None,
                about(each.candidate, asked.by_name),
            )
            for each in said
        ]
        answer = replace(answer, statements=tuple(statements), citations=tuple(cited))
        if asked.best and asked.left_open:
            notice = f"Not found in the documents: {' '.join(asked.left_open)}"
            return replace(answer, state=State.PARTIAL, notice=notice)
        return replace(answer, notice=_SOURCES_DIFFER) if others else answer

    def _correct(self, answer: Answer, correction: Candidate) -> Answer:
        """Say what contradicts the question."""
        citations = self._quote([correction])
        return replace(
            answer,
            state=State.FALSE_PREMISE,
            statements=tuple(Statement(each.quote, (each.marker,)) for each in citations),
            citations=tuple(citations),
        )

    def _by_model(
        self, model: BaseChatModel, answer: Answer, found: Found, find_part: Find
    ) -> Answer:
        given = found.hits[:MODEL_PASSAGES]
        question = answer.standalone_question
        try:
            written = generative.write(model, question, given, self._model_timeout)
        except generative.ModelAnswerError as error:
            notice = f"The chat model {error}; this is the built-in answer instead."
            return replace(self.quote(answer, found.weighed, find_part), notice=notice)
        answer = replace(answer, answerer=name_of(model))
        if not written:
            return self._abstain(answer, found.weighed)
        borne = self._borne_out(answer, written, given)
        if borne.statements:
            return borne
        built_in = replace(answer, answerer=BUILT_IN)
        return replace(self.quote(built_in, found.weighed, find_part), notice=_NOT_BORNE_OUT)

    def _borne_out(
        self, answer: Answer, written: Sequence[generative.Written], given: Sequence[Hit]
    ) -> Answer:
        """Keep what the passages bear out of what the chat model wrote."""
        names = [name for name in parts(answer.standalone_question).values() if name]
        kept, found = borne_out(written, [hit.passage for hit in given])
        spans = list(dict.fromkeys(span for borne in found for span in borne.spans))
        citations = self._cite([(passage.document_id, span) for passage, span in spans])
        statements = [
            Statement(
                each.text,
                tuple(spans.index(span) + 1 for span in borne.spans),
                about=_only(named_in(each.text, names)),
            )
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
        return replace(
            answer,
            state=State.NOT_FOUND,
            statements=(Statement(_NOT_FOUND),),
            closest=tuple(self._quote(list(best.values())[:CLOSEST])),
        )

    def _quote(self, candidates: Sequence[Candidate]) -> list[Citation]:
        return self._cite([(each.hit.passage.document_id, each.span) for each in candidates])

    def _cite(self, spans: Sequence[tuple[str, Span]]) -> list[Citation]:
        citations = [
            cite(self._document(document_id), span.start, span.end, marker)
            for marker, (document_id, span) in enumerate(spans, start=1)
        ]
        wrong = [each for each in citations if not holds(each, self._document)]
        if wrong:
            raise AssertionError(f"a citation does not hold: {wrong[0]}")
        return citations


def name_of(model: BaseChatModel) -> str:
    """Give the name of a chat model."""
    parameters = model._get_ls_params()  # noqa: SLF001 - how LangChain itself names a model
    return str(parameters.get("ls_model_name") or type(model).__name__)


def _only(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ""


def _direct(candidate: Candidate) -> tuple[int, int] | None:
    """Give where in its sentence a candidate's answering words stand."""
    if candidate.words is None or candidate.words == candidate.span:
        return None
    start = candidate.span.start
    return candidate.words.start - start, candidate.words.end - start
