"""Composes the built-in answer: which sentences it says, in which order, and who says so, too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.terms import term_set, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.answerers.extractive import Candidate

MAX_SENTENCES = 4
_FEW_SENTENCES = 3
MAX_WORDS = 90
_MAX_REPEATS = 2  # citations of one sentence besides its own
# Chosen on the dev questions: higher ones make answers shorter and miss more facts.
_LEAST, _NEAR_BEST = 0.08, 0.25
_SAME, _HALF, _REPEATED, _SAME_SUBJECT = 0.6, 0.55, 0.75, 0.6
_LEVEL = 0.5  # of the best probability, for a sentence that gives another number

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
class Said:
    """A sentence of the answer, and those of other documents that say the same."""

    candidate: Candidate
    repeats: tuple[Candidate, ...] = ()

    @property
    def sentences(self) -> tuple[Candidate, ...]:
        """The sentence, then its repeats."""
        return (self.candidate, *self.repeats)


def compose(
    question: str,
    weighed: Sequence[Candidate],
    first: Sequence[Candidate] = (),
    leads: Sequence[Candidate] = (),
) -> list[Said]:
    """Choose up to four sentences that say different things, the likeliest answer first.

    `weighed` have probabilities as their scores; `first` are taken before the others, because
    each answers a part of the question. `leads` come even before the likeliest and are not left
    out for their length: each is for one of the names that the question compares. A sentence that
    leans on the one before it has that one in front of it; the likeliest, which comes first, has
    it behind it.
    """
    best = weighed[0]
    wanted = MAX_SENTENCES if first or leads or _WANTS_MORE.search(question) else _FEW_SENTENCES
    chosen: list[Candidate] = []
    for candidate in leads:
        if not any(_alike(candidate, other) for other in chosen):
            chosen.append(candidate)
    for candidate in (best, *first, *weighed[1:]):
        unlikely = candidate.score < max(_LEAST, _NEAR_BEST * best.score)
        if chosen and (unlikely or len(chosen) >= wanted):
            break
        support = _support(candidate, weighed)
        group = [candidate, *support] if candidate is best else [*support, candidate]
        group = [each for each in group if not any(_alike(each, other) for other in chosen)]
        length = sum(len(each.text.split()) for each in (*chosen, *group))
        fits = len(chosen) + len(group) <= MAX_SENTENCES and length <= MAX_WORDS
        if not chosen or (candidate in group and fits):
            chosen += group
    others = [each for each in weighed if each not in chosen]
    return [Said(each, tuple(_repeats(each, others))) for each in chosen]


def other_numbers(weighed: Sequence[Candidate]) -> list[Candidate]:
    """Give the sentences that answer like the likeliest one, with another number.

    They are about the same subject, word for word, so that one of the two counts otherwise.
    """
    best = weighed[0]
    about, counted = _subject(best), _numbers(best.text)
    if best.words is None or not counted & _numbers(_direct(best)):
        return []
    return [
        each
        for each in weighed[1:]
        if each.score >= _LEVEL * best.score
        and _numbers(_direct(each))
        and not _numbers(each.text) & counted
        and len(about & _subject(each)) >= _SAME_SUBJECT * len(about | _subject(each))
    ]


def _repeats(said: Candidate, weighed: Sequence[Candidate]) -> list[Candidate]:
    """Give sentences of other documents that hold what a sentence says, numbers and all."""
    stated, numbers = term_set(said.text), _numbers(said.text)
    documents = {said.hit.passage.document_id}
    found = []
    for each in weighed:
        shared = stated & term_set(each.text)
        new = each.hit.passage.document_id not in documents
        if new and len(shared) >= _REPEATED * len(stated) and numbers <= _numbers(each.text):
            documents.add(each.hit.passage.document_id)
            found.append(each)
    return found[:_MAX_REPEATS]


def _support(candidate: Candidate, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Give the sentence before one that leans on it."""
    if not _LEANS.search(candidate.text):
        return []
    return [
        each for each in ranked if each.hit is candidate.hit and each.number == candidate.number - 1
    ]


def _alike(one: Candidate, other: Candidate) -> bool:
    first, second = sorted((term_set(one.text), term_set(other.text)), key=len)
    shared = len(first & second)
    return shared >= _SAME * len(first) and shared >= _HALF * len(second)


def _direct(candidate: Candidate) -> str:
    """Give the words of a sentence that answer, as the reader sees it."""
    return candidate.hit.passage.words(candidate.words or candidate.span)


def _subject(candidate: Candidate) -> frozenset[str]:
    return term_set(candidate.text) - _numbers(candidate.text)


def _numbers(text: str) -> set[str]:
    joined = re.sub(r"(?<=\d)[,\u202f\u00a0](?=\d{3})", "", text)
    return {word for word in words(joined) if word[0].isdigit()}
