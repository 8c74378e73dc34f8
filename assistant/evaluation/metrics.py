"""Numbers about many answers, each with its count and a 95 % bootstrap interval; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.evaluation.questions import FALSE_PREMISE
from assistant.evaluation.statistics import (
    aurc,
    auroc,
    brier,
    f1,
    interval,
    mean,
    p95,
    precision,
    recall,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.evaluation.score import Row
    from assistant.evaluation.statistics import Floats, Statistic


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure about answers.

    `values` gives the numbers of one row that go into it, or nothing where the metric does not
    apply to the row; `statistic` makes the figure of their columns, along `axis`. What `abstains`
    has a meaning only where some question is unanswerable.
    """

    name: str
    meaning: str
    values: Callable[[Row], tuple[float, ...] | None]
    statistic: Statistic
    more_is_better: bool = True
    abstains: bool = False

    def of_each(self, rows: Sequence[Row]) -> list[tuple[float, ...] | None]:
        """Give the values of each row; nothing for a row that the metric does not apply to."""
        if self.abstains and all(row["answerable"] for row in rows):
            return [None] * len(rows)
        return [self.values(row) for row in rows]


def summarise(rows: Sequence[Row], names: Sequence[str] = ()) -> dict[str, Any]:
    """Give each metric under its name, its interval under `_ci` and its count under `_n`.

    With `names` only those metrics are made.

    A metric that applies to no row is left out. `by_category` has, for each category of
    questions, its count and how often it was answered or turned away rightly.
    """
    summary: dict[str, Any] = {}
    for metric in METRICS:
        if not names or metric.name in names:
            summary |= _figure(metric.name, metric.of_each(rows), metric.statistic)
    categories = dict.fromkeys(row["category"] for row in rows if row["category"])
    summary["by_category"] = {
        name: _category([row for row in rows if row["category"] == name]) for name in categories
    }
    return summary


def columns_of(values: Sequence[tuple[float, ...]]) -> Floats:
    """Give what a statistic is made of, an array of shape (values, rows)."""
    return np.array(values, dtype=np.float64).T


def _figure(
    name: str, values: Sequence[tuple[float, ...] | None], statistic: Statistic
) -> dict[str, Any]:
    """Give a statistic of the rows that have values, with its interval and count."""
    present = [each for each in values if each is not None]
    if not present:
        return {}
    columns = columns_of(present)
    return {
        name: round(float(statistic(*columns, axis=-1)), 4),
        f"{name}_ci": interval(columns, statistic)[0],
        f"{name}_n": len(present),
    }


def _category(rows: Sequence[Row]) -> dict[str, Any]:
    right = [(float(row["right"]),) for row in rows]
    answerable = any(row["answerable"] for row in rows)
    return {"answerable": answerable, **_figure("right", right, mean)}


def _of(field: str, *conditions: Callable[[Row], Any]) -> Callable[[Row], tuple[float] | None]:
    """Take a field of the rows for which every condition holds."""
    return lambda row: (float(row[field]),) if all(each(row) for each in conditions) else None


def _answerable(row: Row) -> bool:
    return bool(row["answerable"])


def _unanswerable(row: Row) -> bool:
    return not row["answerable"]


def _answered(row: Row) -> bool:
    return not row["abstained"]


def _facts(row: Row) -> bool:
    return bool(row["facts"])


def _documents(row: Row) -> bool:
    return bool(row["documents"])


def _citations(row: Row) -> bool:
    return bool(row["citations"])


def _single(row: Row) -> bool:
    return not row["history"]


def _follow_up(row: Row) -> bool:
    return bool(row["history"])


def _kind(name: str) -> Callable[[Row], bool]:
    return lambda row: row["category"] == name


def _fact_recall(row: Row) -> tuple[float] | None:
    if not (row["answerable"] and row["facts"]):
        return None
    within = [place is not None and place <= 5 for place in row["fact_ranks"]]  # noqa: PLR2004
    return (sum(within) / len(within),)


def _abstention(row: Row) -> tuple[float, float]:
    return float(not row["answerable"]), float(row["abstained"])


def _selective(row: Row) -> tuple[float, float] | None:
    if row["answerable"] and not row["facts"]:
        return None
    return row["confidence"], float(row["right_if_answered"])


def _judged(field: str) -> Callable[[Row], tuple[float] | None]:
    """Take what a chat model gave, where one was asked and gave something."""
    return lambda row: (float(row[field]),) if field in row else None


def _separable(row: Row) -> tuple[float, float]:
    return row["confidence"], float(row["answerable"])


_EXPECTED = (_answerable, _facts)
_RETRIEVED = (_answerable, _documents)
_KINDS = ("off-subject", "not-in-documents", FALSE_PREMISE)

METRICS: tuple[Metric, ...] = (
    Metric(
        "correctness",
        "answerable questions whose answer states every fact",
        _of("right", *_EXPECTED),
        mean,
    ),
    Metric(
        "correctness_single",
        "the same, questions that stand alone",
        _of("right", *_EXPECTED, _single),
        mean,
    ),
    Metric(
        "correctness_follow_up",
        "the same, questions that follow others",
        _of("right", *_EXPECTED, _follow_up),
        mean,
    ),
    Metric(
        "sentence@1",
        "answers whose first sentence states every fact",
        _of("sentence@1", *_EXPECTED),
        mean,
    ),
    Metric(
        "sentence@3",
        "answers whose first three sentences state every fact",
        _of("sentence@3", *_EXPECTED),
        mean,
    ),
    Metric(
        "fact_sentences",
        "share of an answer's sentences that state a fact",
        _of("fact_sentences", *_EXPECTED, _answered),
        mean,
    ),
    Metric(
        "words",
        "words of an answer",
        _of("words", _answerable, _answered),
        mean,
        more_is_better=False,
    ),
    Metric(
        "citation_exactness",
        "answers whose every quotation equals its source text",
        _of("exact", _citations),
        mean,
    ),
    Metric(
        "citation_precision",
        "citations that are of a right document and that their sentence needs",
        _of("citation_precision", *_RETRIEVED, _answered),
        mean,
    ),
    Metric(
        "citation_recall",
        "facts that a sentence states and its own citations quote",
        _of("citation_recall", *_EXPECTED, _answered),
        mean,
    ),
    Metric(
        "recall@1", "a right document's passage found first", _of("recall@1", *_RETRIEVED), mean
    ),
    Metric("recall@3", "…among the first three", _of("recall@3", *_RETRIEVED), mean),
    Metric("recall@5", "…among the first five", _of("recall@5", *_RETRIEVED), mean),
    Metric("recall@10", "…among the first ten", _of("recall@10", *_RETRIEVED), mean),
    Metric(
        "mrr",
        "reciprocal rank of the first right document, of ten",
        _of("reciprocal_rank", *_RETRIEVED),
        mean,
    ),
    Metric(
        "ndcg@10",
        "order of the right documents among ten passages",
        _of("ndcg@10", *_RETRIEVED),
        mean,
    ),
    Metric("fact_recall@5", "facts that stand in the first five passages", _fact_recall, mean),
    Metric(
        "abstention_precision",
        "abstentions that were right to abstain",
        _abstention,
        precision,
        abstains=True,
    ),
    Metric(
        "abstention_recall",
        "unanswerable questions turned away",
        _abstention,
        recall,
        abstains=True,
    ),
    Metric("abstention_f1", "the two together", _abstention, f1, abstains=True),
    *(
        Metric(
            f"abstention_recall_{name.replace('-', '_')}",
            f"{name.replace('-', ' ')} questions turned away",
            _of("abstained", _unanswerable, _kind(name)),
            mean,
        )
        for name in _KINDS
    ),
    Metric(
        "false_premise_corrected",
        "false premises that the answer corrects with the fact",
        _of("corrected", _unanswerable, _facts, _kind(FALSE_PREMISE)),
        mean,
    ),
    Metric(
        "auroc",
        "confidence tells answerable questions from unanswerable",
        _separable,
        auroc,
        abstains=True,
    ),
    Metric("aurc", "area under the risk-coverage curve", _selective, aurc, more_is_better=False),
    Metric("brier", "squared error of the confidence", _selective, brier, more_is_better=False),
    Metric("seconds", "seconds an answer took, mean", _of("seconds"), mean, more_is_better=False),
    Metric("seconds_p95", "…95th percentile", _of("seconds"), p95, more_is_better=False),
    Metric(
        "judge_faithfulness",
        "statements of an answer that the passages bear out, as a chat model judges",
        _judged("judge_faithfulness"),
        mean,
    ),
    Metric(
        "judge_correctness",
        "statements of an answer against the expected facts (F1), as a chat model judges",
        _judged("judge_correctness"),
        mean,
    ),
)
