"""Fits the probabilities of evidence.py on questions that the reader never saw.

Those are the kept articles of the SQuAD file and the kept files of ours, each over an index of its
own, and the golden questions to tune on. Half of the SQuAD questions are left for reporting.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant.answerers import evidence
from assistant.evaluation.questions import DEV_QUESTIONS, FALSE_PREMISE, read_questions
from assistant.evaluation.score import facts_in
from assistant.evaluation.squad import read_squad
from assistant.finder import find
from assistant.load import sync_corpus
from assistant.question import Question, standalone
from assistant.settings import read_settings
from index.search import SearchIndex
from training.examples import kinds_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from assistant.answerers import extractive
    from assistant.evaluation.questions import GoldenQuestion
    from assistant.finder import Found
    from assistant.reader import Reader, Reading
    from index.embedding import Embedder

# Chosen on the golden questions to tune on: 49 of 50 answerable ones are answered.
ANSWER, CORRECT = 0.24, 0.6
# The golden questions are few and those that the product is for; ours are written to mislead.
_WEIGHTS = {"golden": 5.0, "ours": 0.3, "squad": 1.0}
_SENTENCES = 12  # of each question that the first regression sees


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what was found for it; `source` names the set it is from."""

    question: GoldenQuestion
    found: Found
    source: str


def ask(
    index: SearchIndex, reader: Reader, questions: Sequence[GoldenQuestion], source: str
) -> list[Asked]:
    """Search and read for every question."""
    return [Asked(each, find(index, reader, _text(each), None), source) for each in questions]


def fit_sentence(asked: Sequence[Asked]) -> list[float]:
    """Fit the first regression: does a sentence state a fact of the question?"""
    rows, labels = [], []
    for each in asked:
        if not each.question.answerable:
            continue
        found = each.found
        best = max(candidate.score for candidate in found.ranked)
        read = [c for c in found.ranked if c.hit.passage.id in found.readings]
        for candidate in read[:_SENTENCES]:
            reading = found.readings[candidate.hit.passage.id]
            rows.append(evidence.sentence_features(candidate, reading, best))
            labels.append(bool(facts_in(each.question.facts, candidate.text)))
    return _fit(rows, labels, [1.0] * len(rows))


def fit_question(asked: Sequence[Asked]) -> list[float]:
    """Fit the second regression: do the documents answer the question?"""
    rows, labels, weights = [], [], []
    for each in asked:
        rows.append(evidence.question_features(*_weighed(each)))
        labels.append(each.question.answerable)
        weights.append(_WEIGHTS[each.source])
    return _fit(rows, labels, weights)


def fit_premise(asked: Sequence[Asked], kinds: dict[str, str]) -> list[float]:
    """Fit the third regression: does a sentence contradict what the question takes for granted?

    `kinds` names the kind of each question; false premises are held against answerable ones.
    """
    rows, labels, weights = [], [], []
    for each in asked:
        false = kinds.get(each.question.id, each.question.category) == FALSE_PREMISE
        if each.source != "squad" and (false or each.question.answerable):
            rows.append(evidence.premise_features(*_weighed(each)))
            labels.append(false)
            weights.append(_WEIGHTS[each.source])
    return _fit(rows, labels, weights)


def calibrate(
    squad: Path,
    ids: set[str],
    ours: Sequence[Path],
    out: Path,
    embedder: Embedder,
    reader: Reader,
    path: Path,
) -> None:
    """Fit the three regressions, and write them with the thresholds to `path`.

    The half of the SQuAD questions that is left for reporting goes to `out/squad-report.jsonl`.
    """
    kept = [each for each in _benchmark(squad, out / "squad", embedder) if each.id in ids]
    report = kept[1::2]
    lines = "".join(each.model_dump_json() + "\n" for each in report)
    (out / "squad-report.jsonl").write_text(lines, "utf-8")
    asked = ask(SearchIndex(out / "squad" / "index", embedder), reader, kept[0::2], "squad")
    for path_of_ours in ours:
        folder = out / path_of_ours.stem
        own = _benchmark(path_of_ours, folder, embedder)
        asked += ask(SearchIndex(folder / "index", embedder), reader, own, "ours")
    settings = read_settings(data_dir=out / "shipped")
    sync_corpus(settings, embedder)
    golden = read_questions([DEV_QUESTIONS])
    asked += ask(SearchIndex(out / "shipped" / "index", embedder), reader, golden, "golden")
    with (out / "asked.pickle").open("wb") as file:
        pickle.dump(asked, file)
    fit(asked, {name: kind for each in ours for name, kind in kinds_of(each)}, path)


def fit(asked: Sequence[Asked], kinds: dict[str, str], path: Path) -> None:
    """Fit everything on what was asked, and write it; each regression needs those before it."""
    values: dict[str, Any] = {"sentence": fit_sentence(asked), "question": [], "premise": []}
    values |= {"answer": ANSWER, "correct": CORRECT}
    _write(path, values)
    values["question"] = fit_question(asked)
    _write(path, values)
    values["premise"] = fit_premise(asked, kinds)
    _write(path, values)


def _weighed(asked: Asked) -> tuple[Sequence[extractive.Candidate], Mapping[str, Reading]]:
    found = asked.found
    return evidence.weigh(found.ranked, found.readings), found.readings


def _benchmark(file: Path, folder: Path, embedder: Embedder) -> list[GoldenQuestion]:
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    questions = read_squad(file, documents)
    sync_corpus(read_settings(corpus_dir=documents, data_dir=folder), embedder)
    return questions


def _text(question: GoldenQuestion) -> str:
    return standalone(Question.of(question.question, tuple(question.history)))


def _write(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1) + "\n", "utf-8")
    evidence.calibration.cache_clear()


def _fit(rows: list[Any], labels: list[bool], weights: list[float]) -> list[float]:
    model = LogisticRegression(C=1.0, max_iter=2_000)
    model.fit(np.array(rows), np.array(labels), sample_weight=weights)
    return [round(float(each), 4) for each in (*model.coef_[0], model.intercept_[0])]
