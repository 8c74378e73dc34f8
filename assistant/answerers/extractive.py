"""Orders the sentences that were found by how well they answer.

A weighted sum of what the search measured and of the words that a sentence shares with the question
orders them here; when the best passages have been read (`evidence.py`), `composition.py` chooses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from index.passage import is_question
from index.terms import stems, term_set, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from index.passage import Span
    from index.search import Hit

# Chosen on the dev questions and watched on SQuAD 2.0; what they reach: docs/evaluation.md.
_COSINE, _COVERAGE, _NEIGHBOURS, _PASSAGE, _PAIRS, _TITLE = 0.6, 0.15, 0.1, 0.5, 0.1, 0.25
_NO_KIND, _NO_CAUSE, _LEAD, _ABOUT = 0.1, 0.15, 0.1, 0.7

_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|"
    r"thousand|million|billion|half|third|quarter|twice|first|second|single|both|none)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:1\d{3}|20\d{2})\b|\b(?:January|February|March|April|May|June|July|August|September|"
    r"October|November|December|century|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"
)
_NAME = re.compile(r"(?<=\w[ ,(“])[A-ZÀ-Þ][\w’'-]+")
_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|old|far|large|big|high|often|tall|fast|deep)\b|\bpercent|\bcombien\b",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century)\b|\bquand\b", re.IGNORECASE
)
_ASKS_NAME = re.compile(r"\bwho(?:m|se)?\b|\bwhere\b|\bqui\b|\boù\b", re.IGNORECASE)
_ASKS_CAUSE = re.compile(r"\bwhy\b|\breasons?\b|\bmotive|\bpourquoi\b", re.IGNORECASE)
_ASKS_WORDS = re.compile(
    r"\b(?:quote|words)\b|\b(?:what|how) did .+ (?:say|call|tell|describe)\b", re.IGNORECASE
)
_CAUSE_GIVEN = re.compile(
    r"\b(?:because|since|reasons?|caus(?:e|ed|es)|due to|so that|in order to|therefore|result|"
    r"to avoid|concern(?:s|ed)?|feared|argu\w+|explain\w*|ground(?:s|ed)?|felt|lack\w*|too)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage that was found; `score` orders.

    `context` is the share of the question's words, weighted by rarity, from 0 to 1, that its
    passage with title and heading holds; `words` are where the reader sees the answer itself.
    """

    hit: Hit
    number: int
    score: float
    context: float
    words: Span | None = None

    @property
    def text(self) -> str:
        """The sentence."""
        return self.hit.passage.sentence(self.number)

    @property
    def span(self) -> Span:
        """Where the sentence stands in its document."""
        return self.hit.passage.sentences[self.number]


def rank(question: str, hits: Sequence[Hit], weights: Mapping[str, float]) -> list[Candidate]:
    """Order the sentences of the hits by how well they answer; `weights` are by term.

    A sentence that asks is left out: the likest of all to a question is the question itself.
    """
    pairs = _pairs(question)
    penalty = _penalty(question)
    candidates = [
        candidate for hit in hits for candidate in _candidates(hit, weights, pairs, penalty)
    ]
    return sorted(candidates, key=lambda each: -each.score)


def _candidates(
    hit: Hit,
    weights: Mapping[str, float],
    pairs: frozenset[tuple[str, str]],
    penalty: Callable[[str], float],
) -> Iterator[Candidate]:
    passage = hit.passage
    sentences = [passage.sentence(number) for number in range(len(passage.sentences))]
    found = [term_set(sentence) for sentence in sentences]
    titled = _coverage(term_set(passage.title), weights)
    context = _coverage(term_set(f"{passage.title} . {passage.heading}").union(*found), weights)
    for number, sentence in enumerate(sentences):
        if is_question(sentence):
            continue
        near = frozenset().union(*found[max(0, number - 1) : number + 2])
        leads = number == 0 and passage.start == 0 and titled >= _ABOUT
        score = (
            _COSINE * hit.cosines[number]
            + _COVERAGE * _coverage(found[number], weights)
            + _NEIGHBOURS * _coverage(near, weights)
            + _PASSAGE * hit.score
            + _PAIRS * _shared_pairs(pairs, sentence)
            + _TITLE * titled
            + _LEAD * leads
            - penalty(sentence)
        )
        yield Candidate(hit, number, score, context)


def _coverage(found: frozenset[str], weights: Mapping[str, float]) -> float:
    total = sum(weights.values())
    return (
        sum(weight for stem, weight in weights.items() if stem in found) / total if total else 0.0
    )


def _shared_pairs(asked: frozenset[tuple[str, str]], sentence: str) -> float:
    """Give the share of the question's neighbouring words that stand so in the sentence."""
    return len(asked & _pairs(sentence)) / len(asked) if asked else 0.0


@lru_cache(maxsize=4096)
def _pairs(text: str) -> frozenset[tuple[str, str]]:
    # The sentences of the nearest passages come again with the next question about them.
    return frozenset(pairwise(stems(words(text))))


def _penalty(question: str) -> Callable[[str], float]:
    """Give what a sentence loses for lacking the kind of thing that the question asks for."""
    if _ASKS_CAUSE.search(question):
        return lambda sentence: 0.0 if _CAUSE_GIVEN.search(sentence) else _NO_CAUSE
    lacks = _lacks(question)
    return lambda sentence: _NO_KIND if lacks(sentence) else 0.0


def _lacks(question: str) -> Callable[[str], bool]:
    """Give a test for sentences that lack the quotation, number, date or name asked for."""
    if _ASKS_WORDS.search(question):
        return lambda sentence: "“" not in sentence and '"' not in sentence
    if _ASKS_NUMBER.search(question):
        return lambda sentence: not _NUMBER.search(sentence)
    if _ASKS_DATE.search(question):
        return lambda sentence: not _DATE.search(sentence)
    if _ASKS_NAME.search(question):
        asked = set(words(question))
        return lambda sentence: all(name.casefold() in asked for name in _NAME.findall(sentence))
    return lambda _sentence: False
