"""The whole story of an answer: understand, search, answer, cite, check."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable

from assistant.answer import BUILT_IN, Answer, State
from assistant.errors import QuestionError
from assistant.finder import PASSAGES, find
from assistant.french import gloss, is_french
from assistant.question import Question, asked_before, standalone
from assistant.spelling import correct
from assistant.suggestions import Starters, candidates, likeliest_answer, suggest
from assistant.writer import Writer, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from assistant.finder import Found
    from assistant.reader import Reader
    from corpus.document import Document
    from index.search import Hit, SearchIndex


_REMEMBERED = 1_024  # questions, each with what there is for it: some 50 kB
_OFFERS_REMEMBERED = 16_384  # questions that may be offered, each with its likeliest answer
_REHEARSED = _REMEMBERED // 2  # so that what visitors ask is not forgotten for it


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
        self._model = model
        self._writer = Writer(self.document, model, model_timeout)
        # Many ask the same, and what is offered was looked up before it is asked.
        self._find = lru_cache(_REMEMBERED)(partial(find, index, reader))
        self._answer_to = lru_cache(_OFFERS_REMEMBERED)(self._likeliest)
        self._starters = Starters(index.catalogue, self._answer_from())

    def ask(self, text: str, history: Sequence[tuple[str, str]] = (), document: str = "") -> Answer:
        """Answer a question, given the (question, answer) pairs before it, oldest first.

        With the id of a `document`, the answer comes from that one alone.

        Raises:
            QuestionError: the question is empty or far too long, or there is no such document.
        """
        return self.invoke(Question.of(text, tuple(history), document))

    def search(self, question: str, count: int = PASSAGES) -> list[Hit]:
        """Give the passages found for a question that stands alone, best first."""
        return self._index.search(question, count)

    def document(self, document_id: str) -> Document:
        """Give a document by its id; KeyError where there is none."""
        return self._index.catalogue.document(document_id)

    def documents(self) -> Iterator[Document]:
        """Give every document, one after the other."""
        for entry in self._index.catalogue.entries():
            yield self.document(entry.document_id)

    def document_count(self) -> int:
        """Count the documents that answers come from."""
        return self._index.catalogue.document_count()

    @property
    def answerer(self) -> str:
        """Who writes the answers: the name of the chat model, or `BUILT_IN` where there is none."""
        return name_of(self._model) if self._model else BUILT_IN

    @property
    def generation(self) -> str:
        """The name of the generation of the index that answers come from."""
        return self._index.generation

    def check(self) -> None:
        """Raise IndexUnreachableError where questions cannot be answered at the moment."""
        self._index.check()

    def close(self) -> None:
        """Release the files of the index; the assistant is not used afterwards."""
        self._index.close()

    def identity(self) -> str:
        """Name what the answers depend on besides the code: each document and both models."""
        entries = sorted((each.document_id, each.hash) for each in self._index.catalogue.entries())
        return repr((self.answerer, self._index.embedder, entries))

    def warm_up(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """Load what the first answer would have to wait for, and try the starters.

        It is asked now and then whether to `go_on`.
        """
        self._finder()("warm up")
        gloss("bonjour")
        self._starters.fill(go_on)

    def rehearse(self, go_on: Callable[[], bool] = lambda: True) -> int:
        """Try the first 512 questions that the documents suggest; give how many were tried.

        Whoever asks one of them, or is offered it, need not wait then. Before each it is asked
        whether to `go_on`.
        """
        catalogue = self._index.catalogue
        passages = (catalogue.passages_of(each.document_id) for each in catalogue.entries())
        suggested = (each for own in passages for each in candidates(own, catalogue.document))
        tried = map(self._answer_from(), takewhile(lambda _: go_on(), suggested))
        return sum(1 for _ in islice(tried, _REHEARSED))

    def starters(self, count: int = 6) -> list[str]:
        """Give up to `count` questions by chance that the documents answer, to begin with.

        Each is of another document where there are enough. They are tried once, by `warm_up` or
        else by the first call; there are only a few.
        """
        return self._starters.some(count)

    def invoke(
        self,
        input: Question,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Answer:
        """Answer one question; where the documents do not, offer some that they answer."""
        del config, kwargs
        answer, found = self._work(input)
        found_nothing = answer.state is State.NOT_FOUND
        return self._with_suggestions(answer, found, input) if found_nothing else answer

    def stream(
        self,
        input: Question,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Answer]:
        """Give the answer as soon as it is there, then again with questions to go on with.

        There is no second one where there is nothing to offer.
        """
        del config, kwargs
        answer, found = self._work(input)
        yield answer
        offering = self._with_suggestions(answer, found, input)
        if offering.suggestions:
            yield offering

    def trace(
        self, text: str, history: Sequence[tuple[str, str]] = (), document: str = ""
    ) -> Trace:
        """Answer a question as `ask` does, without suggestions, and tell how that came about."""
        answer, found = self._work(Question.of(text, tuple(history), document))
        draft = answer
        if answer.abstained and found.weighed:
            draft = self._writer.quote(answer, found.weighed, self._finder(document))
        return Trace(answer, draft, found.hits)

    def _work(self, asked: Question) -> tuple[Answer, Found]:
        started = time.perf_counter()
        self._check(asked.document)
        question = self._understood(asked)
        find_part = self._finder(asked.document)
        found = find_part(question)
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
        answer = self._writer.write(answer, found, find_part)
        return replace(answer, seconds=time.perf_counter() - started), found

    def _check(self, document_id: str) -> None:
        if document_id:
            try:
                self.document(document_id)
            except KeyError as error:
                raise QuestionError(
                    f"there is no document with the id {document_id}; "
                    "those there are: summit ingest --list"
                ) from error

    def _understood(self, asked: Question) -> str:
        """Give the question standing alone and spelt as the documents spell it."""
        question = standalone(asked)
        return question if is_french(question) else correct(question, self._index.catalogue)

    def _finder(self, document_id: str = "") -> Callable[[str], Found]:
        """Give what finds what there is for a question, in one document where one is named."""
        return lambda question: self._find(question, document_id or None)

    def _answer_from(self, document_id: str = "") -> Callable[[str], str]:
        """Give what gives, and remembers, the likeliest answer of all documents or of one."""
        return lambda text: self._answer_to(text, document_id)

    def _likeliest(self, text: str, document_id: str) -> str:
        """Give what likeliest answers a question as somebody may put it, if anything does."""
        return likeliest_answer(self._finder(document_id)(self._understood(Question(text))))

    def _with_suggestions(self, answer: Answer, found: Found, asked: Question) -> Answer:
        """Offer questions of the cited documents first, then of the others that were found."""
        cited = {each.document_id for each in answer.citations}
        passages = sorted(found.passages, key=lambda each: each.document_id not in cited)
        said = [*(each.quote for each in answer.citations), *(text for _, text in asked.history)]
        offered = suggest(
            passages,
            [*asked_before(asked), answer.standalone_question],
            " ".join(said),
            self.document,
            self._answer_from(asked.document),
        )
        return replace(answer, suggestions=tuple(offered))
