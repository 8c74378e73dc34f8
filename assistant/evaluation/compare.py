"""Compares two evaluations of the same questions: what was won and lost, and is it by chance?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

from assistant.errors import QuestionError
from assistant.evaluation.metrics import METRICS, Metric, columns_of
from assistant.evaluation.statistics import interval, mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assistant.evaluation.score import Row
    from assistant.evaluation.statistics import Floats

SIGNIFICANT = 0.05
# What a gate watches; the other figures are parts of these, or depend on the machine.
WATCHED = (
    "correctness",
    "citation_exactness",
    "citation_precision",
    "citation_recall",
    "recall@5",
    "abstention_precision",
    "abstention_recall",
)


def read_results(path: Path) -> dict[str, Any]:
    """Read what `summit evaluate --json` wrote.

    Raises:
        QuestionError: the file cannot be read or holds something else.
    """
    try:
        results: dict[str, Any] = json.loads(path.read_text("utf-8"))
        rows = {row["id"]: row["question"] for row in results["questions"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuestionError(
            f"{path} holds no results; give a file that summit evaluate --json wrote"
        ) from error
    if not rows:
        raise QuestionError(f"{path} holds no results of any question")
    return results


def compare(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Compare the questions that both evaluations asked.

    Each change has the figure of both, their difference with its 95 % interval (paired
    bootstrap over questions), the probability `p` of such a difference by chance, and whether
    it is significant (p < 0.05). `p` is that of McNemar's exact test (McNemar 1947) where a
    question is either right or wrong, else of the paired bootstrap. `won` and `lost` are the ids
    of questions that became right and wrong.

    Raises:
        QuestionError: they have no question in common.
    """
    before = {(row["id"], row["question"]): row for row in old["questions"]}
    after = {(row["id"], row["question"]): row for row in new["questions"]}
    pairs = [(before[key], row) for key, row in after.items() if key in before]
    if not pairs:
        raise QuestionError("the two evaluations have no question in common; compare like to like")
    changes = [change for metric in METRICS if (change := _change(metric, pairs))]
    return {
        "compared": len(pairs),
        "only_old": len(before) - len(pairs),
        "only_new": len(after) - len(pairs),
        "changes": changes,
        "won": [row["id"] for was, row in pairs if row["right"] and not was["right"]],
        "lost": [row["id"] for was, row in pairs if was["right"] and not row["right"]],
    }


def significant_losses(comparison: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the changes for the worse, among the figures that a gate watches."""
    return [
        change
        for change in comparison["changes"]
        if change["name"] in WATCHED and change["significant"] and not change["better"]
    ]


def _change(metric: Metric, pairs: Sequence[tuple[Row, Row]]) -> dict[str, Any] | None:
    old, new = _columns(metric, pairs)
    if not old.size:
        return None
    count = len(old)

    def difference(*columns: Floats, axis: int) -> Floats:
        was = metric.statistic(*columns[:count], axis=axis)
        return np.asarray(metric.statistic(*columns[count:], axis=axis) - was)

    both = np.concatenate([old, new])
    bounds, distribution = interval(both, difference)
    value = float(difference(*both, axis=-1))
    p = _mcnemar(old[0], new[0]) if _is_binary(metric, both) else _bootstrap_p(distribution)
    return {
        "name": metric.name,
        "old": round(float(metric.statistic(*old, axis=-1)), 4),
        "new": round(float(metric.statistic(*new, axis=-1)), 4),
        "difference": round(value, 4),
        "difference_ci": bounds,
        "n": old.shape[1],
        "p": round(p, 4),
        "significant": p < SIGNIFICANT,
        "better": (value > 0) == metric.more_is_better,
    }


def _columns(metric: Metric, pairs: Sequence[tuple[Row, Row]]) -> tuple[Floats, Floats]:
    """Give the columns of both sides, of the pairs that the metric applies to on either side."""
    try:
        before, after = (metric.of_each(rows) for rows in zip(*pairs, strict=True))
    except KeyError:
        before = after = []  # an older version did not measure this
    applies = [
        (was, row)
        for was, row in zip(before, after, strict=True)
        if was is not None and row is not None
    ]
    return columns_of([was for was, _ in applies]), columns_of([row for _, row in applies])


def _is_binary(metric: Metric, columns: Floats) -> bool:
    return metric.statistic is mean and bool(np.isin(columns, (0.0, 1.0)).all())


def _mcnemar(old: Floats, new: Floats) -> float:
    won, lost = int((new > old).sum()), int((new < old).sum())
    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def _bootstrap_p(distribution: Floats) -> float:
    """Give the two-sided share of resamples on the other side of no difference."""
    below = np.mean(distribution <= 0)
    above = np.mean(distribution >= 0)
    return min(1.0, 2 * min(float(below), float(above)))
