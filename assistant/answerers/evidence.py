"""Weighs what the search and the reader measured: which sentence answers, and does any?

Two logistic regressions, fitted by `training/calibrate.py` on questions that nothing here was
trained on; their weights stand in `assistant/models/calibration.json`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from assistant.question import proper_names
from index.terms import terms, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.answerers.extractive import Candidate
    from assistant.reader import Reading

# On the dev questions every one that is off the subject stays below 0.25, and one of 102 that the
# documents answer stays below 0.36, asked in French.
_NEAR, _CONTEXT = 0.36, 0.25
_LIMIT = 8.0  # beyond this a logit says no more


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the two regressions, their last one the constant, and when to abstain.

    Below `answer` the question counts as not answered; a sentence whose logit of contradicting the
    question is above `correct` then corrects it; above `contradict` it does so in any case.
    """

    sentence: tuple[float, ...]
    question: tuple[float, ...]
    answer: float
    correct: float
    contradict: float


@cache
def calibration() -> Calibration:
    """Read the weights that ship with the product."""
    text = files("assistant").joinpath("models/calibration.json").read_text("utf-8")
    values = json.loads(text)
    return Calibration(
        tuple(values["sentence"]),
        tuple(values["question"]),
        values["answer"],
        values["correct"],
        values["contradict"],
    )


def weigh(ranked: Sequence[Candidate], readings: Mapping[str, Reading]) -> list[Candidate]:
    """Order the sentences by the probability that they answer, which becomes their score.

    `readings` are by passage id; sentences of passages that were not read are left out.
    """
    weights = calibration().sentence
    best = max((each.score for each in ranked), default=0.0)
    read = [each for each in ranked if each.hit.passage.id in readings]
    weighed = []
    for each in read:
        reading = readings[each.hit.passage.id]
        score = probability(weights, sentence_features(each, reading, best))
        weighed.append(replace(each, score=score, words=reading.spans[each.number]))
    return sorted(weighed, key=lambda each: -each.score)


def confidence(
    question: str,
    ranked: Sequence[Candidate],
    weighed: Sequence[Candidate],
    readings: Mapping[str, Reading],
) -> float:
    """Give the probability that the documents answer the question.

    `ranked` are the sentences by the search alone, `weighed` those that `weigh` gives. What is far
    from everything the documents say counts as not answered, whatever the reader makes of it: it
    was not taught about such questions.
    """
    if not weighed:
        return 0.0
    nearness = max(0.0, _likeness(ranked) + _CONTEXT * ranked[0].context)
    value = probability(
        calibration().question, question_features(question, ranked, weighed, readings)
    )
    return value if nearness >= _NEAR else min(value, nearness / 2)


def correction(
    weighed: Sequence[Candidate], readings: Mapping[str, Reading], *, answered: bool
) -> Candidate | None:
    """Give the sentence that contradicts what the question takes for granted, if one does.

    Where the question seems `answered` it takes more to contradict it.
    """
    if not weighed:
        return None

    def contradicts(each: Candidate) -> float:
        return readings[each.hit.passage.id].corrections[each.number]

    least = calibration().contradict if answered else calibration().correct
    best = max(weighed, key=contradicts)
    return best if contradicts(best) >= least else None


def sentence_features(each: Candidate, reading: Reading, best: float) -> tuple[float, ...]:
    """Give what says whether a sentence answers; `best` is the best score of the search."""
    return (
        _cut(reading.sentences[each.number]),
        _cut(reading.answers),
        _cut(reading.words[each.number]),
        each.score,
        best - each.score,
    )


def question_features(
    question: str,
    ranked: Sequence[Candidate],
    weighed: Sequence[Candidate],
    readings: Mapping[str, Reading],
) -> tuple[float, ...]:
    """Give what says whether any sentence answers; for the arguments see `confidence`."""
    first = weighed[0]
    reading = readings[first.hit.passage.id]
    others = [each.score for each in weighed[1:3]] or [0.0]
    return (
        _logit(first.score),
        _logit(max(others)),
        _cut(reading.answers),
        _cut(max(each.answers for each in readings.values())),
        _cut(reading.words[first.number]),
        _cut(max(value for each in readings.values() for value in each.corrections)),
        _likeness(ranked),
        ranked[0].context,
        ranked[0].score,
        _held(question, first),
    )


def probability(weights: Sequence[float], features: Sequence[float]) -> float:
    """Give the logistic function of the weighted sum; the last weight is the constant."""
    total = weights[-1] + sum(w * f for w, f in zip(weights[:-1], features, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _held(question: str, candidate: Candidate) -> float:
    """Give the share of the question's names and numbers that stand around a sentence."""
    passage = candidate.hit.passage
    there = set(terms(f"{passage.title} . {passage.heading} . {passage.text}"))
    named = proper_names(question)
    asked = set(terms(" . ".join(named))) if named else set()
    asked |= {word for word in words(question) if word[0].isdigit()}
    return len(asked & there) / len(asked) if asked else 1.0


def _likeness(ranked: Sequence[Candidate]) -> float:
    """Give the cosine of the sentence that is most like the question."""
    return max(cosine for each in ranked for cosine in each.hit.cosines)


def _cut(logit: float) -> float:
    return max(-_LIMIT, min(_LIMIT, logit))


def _logit(value: float) -> float:
    value = min(1 - 1e-6, max(1e-6, value))
    return _cut(math.log(value / (1 - value)))
