"""Numbers about answers, each with its count and a 95 % bootstrap interval; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Facts = list[list[str]]
_RESAMPLES = 2_000
_SEED = 20250211
_RANKS = 10


def fold(text: str) -> str:
    """Lower the case and make typographic quotes plain, as facts are compared."""
    for fancy, plain in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("\u00a0", " ")):
        text = text.replace(fancy, plain)
    return " ".join(text.casefold().split())


def facts_found(facts: Facts, text: str) -> int:
    """Count the facts of which one alternative stands in the text."""
    folded = fold(text)
    return sum(any(fold(each) in folded for each in alternatives) for alternatives in facts)


def summarise(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give each metric under its name, its interval under `_ci` and its count under `_n`.

    A metric without a question that it applies to is left out.
    """
    answerable = [each for each in results if each["answerable"]]
    with_facts = [each for each in answerable if each["facts"]]
    with_documents = [each for each in answerable if each["documents"]]
    answered = [each for each in with_documents if not each["abstained"]]
    summary: dict[str, Any] = {}
    for name, rows, value in (
        ("correctness", with_facts, lambda r: r["right"]),
        ("sentence@1", with_facts, lambda r: r["sentence@1"]),
        ("sentence@3", with_facts, lambda r: r["sentence@3"]),
        ("recall@1", with_documents, lambda r: 0 < (r["rank"] or 0) <= 1),
        ("recall@5", with_documents, lambda r: 0 < (r["rank"] or 0) <= 5),  # noqa: PLR2004
        ("mrr", with_documents, lambda r: 1 / r["rank"] if r["rank"] else 0.0),
        ("citation_exactness", [r for r in results if r["citations"]], lambda r: r["exact"]),
        ("citation_precision", answered, lambda r: r["citation_precision"]),
        ("citation_recall", [r for r in answered if r["facts"]], lambda r: r["citation_recall"]),
        ("words", [r for r in answerable if not r["abstained"]], lambda r: r["words"]),
        ("seconds", results, lambda r: r["seconds"]),
    ):
        values = np.array([[float(value(row))] for row in rows])
        _add(summary, name, values, lambda sample: float(sample[:, 0].mean()))
    kinds = np.array([[float(not r["answerable"]), float(r["abstained"])] for r in results])
    if any(not each["answerable"] for each in results):
        for name, statistic in (
            ("abstention_precision", _precision),
            ("abstention_recall", _recall),
            ("abstention_f1", _f1),
        ):
            _add(summary, name, kinds, statistic)
    return summary


def rank_of(documents: Sequence[str], found: Sequence[str]) -> int | None:
    """Give the place, from 1, of the first passage found that is of a right document."""
    for place, document_id in enumerate(found[:_RANKS], start=1):
        if document_id in documents:
            return place
    return None


def _add(
    summary: dict[str, Any],
    name: str,
    values: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], float],
) -> None:
    """Add a statistic with its percentile bootstrap interval (Efron and Tibshirani 1993)."""
    if not len(values):
        return
    random = np.random.default_rng(_SEED)
    samples = [
        statistic(values[random.integers(0, len(values), len(values))]) for _ in range(_RESAMPLES)
    ]
    summary[name] = round(statistic(values), 4)
    summary[f"{name}_ci"] = [round(float(each), 4) for each in np.percentile(samples, (2.5, 97.5))]
    summary[f"{name}_n"] = len(values)


def _precision(sample: NDArray[np.float64]) -> float:
    abstained = sample[:, 1].sum()
    return float((sample[:, 0] * sample[:, 1]).sum() / abstained) if abstained else 0.0


def _recall(sample: NDArray[np.float64]) -> float:
    unanswerable = sample[:, 0].sum()
    return float((sample[:, 0] * sample[:, 1]).sum() / unanswerable) if unanswerable else 0.0


def _f1(sample: NDArray[np.float64]) -> float:
    precision, recall = _precision(sample), _recall(sample)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
