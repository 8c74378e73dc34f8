"""Questions to offer: those that the documents suggest, kept only where they answer them."""

from __future__ import annotations

import re
import threading
from itertools import islice, takewhile, zip_longest
from secrets import SystemRandom
from typing import TYPE_CHECKING

from assistant.question import Question, standalone
from index.passage import is_question
from index.terms import terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from assistant.finder import Found
    from corpus.document import Document
    from index.catalogue import Catalogue
    from index.passage import Passage

SUGGESTIONS = 3
_TRIED = 6  # each may cost a search
_POOL = 12  # starters that are tried
_ASKS = re.compile(r"(?:what|who|whom|why|how|where|when|which)\b(?!.*\?)", re.IGNORECASE)
_chance = SystemRandom()


def suggest(
    passages: Sequence[Passage],
    asked: Sequence[str],
    said: str,
    document: Callable[[str], Document],
    answer_to: Callable[[str], str],
) -> list[str]:
    """Give up to three questions that the documents of the passages answer with something new.

    `asked` are the questions that were asked, the last one last; no question is offered that is
    one of them, that would be read as a follow-up of the last, or whose likeliest answer stands
    in `said`. `answer_to` gives the `likeliest_answer` to a question. Only a few are tried, because
    each may cost a search.
    """
    known = {frozenset(terms(each)) for each in asked}
    history = tuple((each, "") for each in asked)
    offered: list[str] = []
    fresh = (
        each
        for each in candidates(passages, document)
        if frozenset(terms(each)) not in known and standalone(Question(each, history)) == each
    )
    for each in islice(fresh, _TRIED):
        best = answer_to(each)
        if not best or best in said:
            continue
        offered.append(each)
        said = f"{said} {best}"
        if len(offered) == SUGGESTIONS:
            break
    return offered


def candidates(passages: Iterable[Passage], document: Callable[[str], Document]) -> Iterator[str]:
    """Give the questions of each document that passages are of, in their order.

    A document that suggests none is asked about by what it and its passages are called.
    """
    by_document: dict[str, list[Passage]] = {}
    for passage in passages:
        by_document.setdefault(passage.document_id, []).append(passage)
    seen: set[str] = set()
    for document_id, own in by_document.items():
        for each in document(document_id).questions or questions_about(own):
            if each not in seen:
                seen.add(each)
                yield each


def questions_about(passages: Iterable[Passage]) -> Iterator[str]:
    """Give a question about the document of each passage; about the heading of further ones."""
    seen: set[str] = set()
    for passage in passages:
        name = passage.title if passage.title not in seen else passage.heading
        if name and name not in seen:
            seen.add(name)
            yield _question(name)


def likeliest_answer(found: Found) -> str:
    """Give the sentence that likeliest answers; an empty text where the documents do not."""
    return found.weighed[0].text if found.answered and not found.correction else ""


class Starters:
    """Questions to begin with, which the documents surely answer.

    They are drawn by chance and tried once, so that giving some costs no search. Safe to use
    from several threads.
    """

    def __init__(self, catalogue: Catalogue, answer_to: Callable[[str], str]) -> None:
        self._catalogue = catalogue
        self._answer_to = answer_to
        self._lock = threading.Lock()
        self._pool: list[tuple[str, str]] | None = None

    def fill(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """Try the questions, where that has not been done; no more of them once not to `go_on`."""
        with self._lock:
            if self._pool is None:
                tried = takewhile(lambda _: go_on(), islice(self._drawn(), _POOL))
                self._pool = [each for each in tried if self._answer_to(each[1])]

    def some(self, count: int) -> list[str]:
        """Give up to `count` of them by chance, of as many documents as there are."""
        self.fill()
        pool = self._pool or []
        first: dict[str, str] = {}
        more = []
        for document_id, question in _chance.sample(pool, len(pool)):
            if first.setdefault(document_id, question) != question:
                more.append(question)
        return [*first.values(), *more][: max(0, count)]

    def _drawn(self) -> Iterator[tuple[str, str]]:
        """Give questions by chance, one of each document before a second one of any."""
        ids = [entry.document_id for entry in self._catalogue.entries()]
        drawn = _chance.sample(ids, min(_POOL, len(ids)))
        for around in zip_longest(*map(self._questions, drawn)):
            yield from (
                (document_id, question)
                for document_id, question in zip(drawn, around, strict=True)
                if question
            )

    def _questions(self, document_id: str) -> list[str]:
        passages = self._catalogue.passages_of(document_id)
        found = list(candidates(passages, self._catalogue.document))
        return _chance.sample(found, len(found))


def _question(name: str) -> str:
    if is_question(name):
        return name
    if _ASKS.match(name):
        return f"Tell me {name[0].lower()}{name[1:]}."
    return f"What do the documents say about “{name}”?"
