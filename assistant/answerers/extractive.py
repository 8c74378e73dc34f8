"""The built-in answerer: picks the sentences of the passages that answer, or says that none does.

No model server, no key: a sentence's score is a weighted sum of what the search measured and of
the words it shares with the question. Every word of the answer is a quotation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from index.terms import stems, terms, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from index.passage import Passage, Span
    from index.search import Hit

MAX_SENTENCES = 4
_FEW_SENTENCES = 3
MAX_WORDS = 90
# The weights were chosen on one half of the articles of SQuAD 2.0's open file, where the first sentence is right
# in 82.6 % and one of the first three in 93.0 %; on the other half 82.8 % and 93.9 %.
_COSINE, _COVERAGE, _NEIGHBOURS, _PASSAGE, _PAIRS, _MISMATCH = 0.5, 0.3, 0.15, 0.4, 0.1, 0.05
_TITLE = 0.2
# Chosen on the dev questions, where 71 % of the answers then hold every fact in 61 words.
_NEAR_BEST = 0.75
_SAME = 0.6

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
_LEANS = re.compile(
    r"^(?:he|she|it|they|his|her|its|their|this|that|these|those|such|both|the same|"
    r"il|elle|ils|elles|cela)\b",
    re.IGNORECASE,
)
_WANTS_MORE = re.compile(
    r"\b(?:why|how did|how does|what did|which|list|name|reasons?|compare|difference|versus|vs|"
    r"pourquoi|quels|quelles)\b|\band\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage that was found; `score` orders, `coverage` is from 0 to 1.

    `coverage` is the share of the question's words, weighted by rarity, that the sentence
    holds; `context` the share that its passage with title and heading holds.
    """

    hit: Hit
    number: int
    score: float
    coverage: float
    context: float

    @property
    def text(self) -> str:
        """The sentence."""
        return self.hit.passage.sentence(self.number)

    @property
    def span(self) -> Span:
        """Where the sentence stands in its document."""
        return self.hit.passage.sentences[self.number]

    @property
    def cosine(self) -> float:
        """The sentence's likeness to the question."""
        return self.hit.cosines[self.number]


def rank(question: str, hits: Sequence[Hit], weights: Mapping[str, float]) -> list[Candidate]:
    """Order the sentences of the hits by how well they answer; `weights` are by stem."""
    candidates = [
        _candidate(question, hit, number, weights)
        for hit in hits
        for number in range(len(hit.passage.sentences))
    ]
    return sorted(candidates, key=lambda each: -each.score)


def select(question: str, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Choose up to four sentences that say different things, in reading order.

    The document of the best sentence comes first, and within a document they stand as there.
    A sentence that leans on the one before it brings that one along.
    """
    best = ranked[0]
    wanted = MAX_SENTENCES if _WANTS_MORE.search(question) else _FEW_SENTENCES
    chosen: list[Candidate] = []
    for candidate in ranked:
        if len(chosen) == wanted or candidate.score < _NEAR_BEST * best.score:
            break
        group = [*_support(candidate, ranked), candidate]
        group = [each for each in group if not any(_alike(each, other) for other in chosen)]
        length = sum(len(each.text.split()) for each in (*chosen, *group))
        fits = len(chosen) + len(group) <= MAX_SENTENCES and length <= MAX_WORDS
        if candidate is best or (candidate in group and fits):
            chosen += group[-MAX_SENTENCES:]
    order = list(dict.fromkeys(each.hit.passage.document_id for each in chosen))
    return sorted(
        chosen, key=lambda each: (order.index(each.hit.passage.document_id), each.span.start)
    )


def confidence(ranked: Sequence[Candidate]) -> float:
    """Say how likely it is, from 0 to 1, that the best sentence answers at all."""
    if not ranked:
        return 0.0
    best = ranked[0]
    likeness = 0.5 * max(0.0, best.cosine) + 0.25 * best.coverage + 0.25 * best.context
    return min(1.0, likeness)


def _candidate(
    question: str, hit: Hit, number: int, weights: Mapping[str, float]
) -> Candidate:
    passage = hit.passage
    own = set(terms(passage.sentence(number)))
    near = own.union(
        *(terms(passage.sentence(n)) for n in (number - 1, number + 1) if _exists(passage, n))
    )
    coverage = _coverage(own, weights)
    score = (
        _COSINE * hit.cosines[number]
        + _COVERAGE * coverage
        + _NEIGHBOURS * _coverage(near, weights)
        + _PASSAGE * hit.score
        + _PAIRS * _shared_pairs(question, passage.sentence(number))
        + _TITLE * _coverage(set(terms(f"{passage.title} . {passage.heading}")), weights)
        - _MISMATCH * _lacks_kind(question, passage.sentence(number))
    )
    everything = set(terms(f"{passage.title} {passage.heading} {passage.text}"))
    return Candidate(hit, number, score, coverage, _coverage(everything, weights))


def _exists(passage: Passage, number: int) -> bool:
    return 0 <= number < len(passage.sentences)


def _coverage(found: set[str], weights: Mapping[str, float]) -> float:
    total = sum(weights.values())
    return sum(weight for stem, weight in weights.items() if stem in found) / total if total else 0.0


def _shared_pairs(question: str, sentence: str) -> float:
    """Give the share of the question's neighbouring words that stand so in the sentence."""
    asked = set(pairwise(stems(words(question))))
    return len(asked & set(pairwise(stems(words(sentence))))) / len(asked) if asked else 0.0


def _lacks_kind(question: str, sentence: str) -> bool:
    """Whether the sentence lacks a number, date or name where the question asks for one."""
    if _ASKS_NUMBER.search(question):
        return not _NUMBER.search(sentence)
    if _ASKS_DATE.search(question):
        return not _DATE.search(sentence)
    if _ASKS_WORDS.search(question):
        return "“" not in sentence and '"' not in sentence
    if _ASKS_CAUSE.search(question):
        return not _CAUSE_GIVEN.search(sentence)
    if _ASKS_NAME.search(question):
        asked = set(words(question))
        return not any(name.casefold() not in asked for name in _NAME.findall(sentence))
    return False


def _support(candidate: Candidate, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Give the sentence before one that leans on it."""
    if not _LEANS.search(candidate.text):
        return []
    return [
        each
        for each in ranked
        if each.hit is candidate.hit and each.number == candidate.number - 1
    ]


def _alike(one: Candidate, other: Candidate) -> bool:
    first, second = set(terms(one.text)), set(terms(other.text))
    return len(first & second) >= _SAME * min(len(first), len(second))
