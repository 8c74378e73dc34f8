"""Weighs what the search and the reader measured: which sentence answers, and does any?

Three logistic regressions, fitted by `training/calibrate.py` on questions that nothing here was
trained on; their weights stand in `assistant/models/calibration.json`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

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
    """Weights of the three regressions, their last one the constant, and when to abstain.

    Below `answer` the question counts as not answered; a sentence that contradicts what it takes
    for granted with a probability from `correct` on corrects it.
    """

    sentence: tuple[float, ...]
    question: tuple[float, ...]
    premise: tuple[float, ...]
    answer: float
    correct: float


@cache
def calibration() -> Calibration:
    """Read the weights that ship with the product."""
    text = files("assistant").joinpath("models/calibration.json").read_text("utf-8")
    values = json.loads(text)
    return Calibration(
        tuple(values["sentence"]),
        tuple(values["question"]),
        tuple(values["premise"]),
        values["answer"],
        values["correct"],
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
    ranked: Sequence[Candidate], weighed: Sequence[Candidate], readings: Mapping[str, Reading]
) -> float:
    """Give the probability that the documents answer the question.

    `ranked` are the sentences by the search alone, `weighed` those that `weigh` gives. What is far
    from everything the documents say counts as not answered, whatever the reader makes of it: it
    was not taught about such questions.
    """
    if not weighed:
        return 0.0
    likeness = max(cosine for each in ranked for cosine in each.hit.cosines)
    nearness = max(0.0, likeness + _CONTEXT * ranked[0].context)
    value = probability(calibration().question, question_features(weighed, readings))
    return value if nearness >= _NEAR else min(value, nearness / 2)


def correction(weighed: Sequence[Candidate], readings: Mapping[str, Reading]) -> Candidate | None:
    """Give the sentence that contradicts what the question takes for granted, if one surely does.

    The better the question seems to be answered, the more it takes to contradict it.
    """
    if not weighed:
        return None
    best = _contradicting(weighed, readings)
    value = probability(calibration().premise, premise_features(weighed, readings))
    return best if value >= calibration().correct else None


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
    weighed: Sequence[Candidate], readings: Mapping[str, Reading]
) -> tuple[float, ...]:
    """Give what says whether any sentence answers; what the search measured says no more."""
    first = weighed[0]
    reading = readings[first.hit.passage.id]
    return (
        _logit(first.score),
        _cut(reading.answers),
        _cut(max(each.answers for each in readings.values())),
        _cut(reading.words[first.number]),
    )


def premise_features(
    weighed: Sequence[Candidate], readings: Mapping[str, Reading]
) -> tuple[float, ...]:
    """Give what says whether a sentence contradicts what the question takes for granted."""
    best = _contradicting(weighed, readings)
    answered = probability(calibration().question, question_features(weighed, readings))
    return (_logit(answered), _cut(readings[best.hit.passage.id].corrections[best.number]))


def _contradicting(weighed: Sequence[Candidate], readings: Mapping[str, Reading]) -> Candidate:
    return max(weighed, key=lambda each: readings[each.hit.passage.id].corrections[each.number])


def probability(weights: Sequence[float], features: Sequence[float]) -> float:
    """Give the logistic function of the weighted sum; the last weight is the constant."""
    total = weights[-1] + sum(w * f for w, f in zip(weights[:-1], features, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _cut(logit: float) -> float:
    return max(-_LIMIT, min(_LIMIT, logit))


def _logit(value: float) -> float:
    value = min(1 - 1e-6, max(1e-6, value))
    return _cut(math.log(value / (1 - value)))
