"""The statistics that figures are made of, over columns of values and along an axis; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import bootstrap, rankdata

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Statistic = Callable[..., Floats]

_RESAMPLES = 2_000
_SEED = 20250211
_BATCH = 250  # resamples held in memory at a time


def interval(columns: Floats, statistic: Statistic) -> tuple[list[float], Floats]:
    """Give the 95 % percentile bootstrap interval over rows, and its distribution.

    `columns` has the shape (values, rows). Efron and Tibshirani, An Introduction to the
    Bootstrap (1993), chapter 13.
    """
    if columns.shape[1] < 2:  # noqa: PLR2004 - one row has no spread
        value = float(statistic(*columns, axis=-1))
        return [value, value], np.array([value])
    result = bootstrap(
        tuple(columns),
        statistic,
        paired=True,
        vectorized=True,
        n_resamples=_RESAMPLES,
        batch=_BATCH,
        method="percentile",
        confidence_level=0.95,
        rng=np.random.default_rng(_SEED),
    )
    low, high = result.confidence_interval
    return [round(float(low), 4), round(float(high), 4)], result.bootstrap_distribution


def mean(values: Floats, axis: int) -> Floats:
    """Give the arithmetic mean."""
    return np.asarray(values.mean(axis=axis))


def p95(values: Floats, axis: int) -> Floats:
    """Give the 95th percentile."""
    return np.asarray(np.percentile(values, 95, axis=axis))


def precision(unanswerable: Floats, abstained: Floats, axis: int) -> Floats:
    """Share of the abstentions whose question is unanswerable."""
    return _ratio((unanswerable * abstained).sum(axis=axis), abstained.sum(axis=axis))


def recall(unanswerable: Floats, abstained: Floats, axis: int) -> Floats:
    """Share of the unanswerable questions that were abstained from."""
    return _ratio((unanswerable * abstained).sum(axis=axis), unanswerable.sum(axis=axis))


def f1(unanswerable: Floats, abstained: Floats, axis: int) -> Floats:
    """Harmonic mean of precision and recall."""
    both = (unanswerable * abstained).sum(axis=axis)
    return _ratio(2 * both, unanswerable.sum(axis=axis) + abstained.sum(axis=axis))


def auroc(confidence: Floats, answerable: Floats, axis: int) -> Floats:
    """Area under the receiver operating characteristic, from ranks (Hanley and McNeil 1982)."""
    positive = answerable.sum(axis=axis)
    negative = (1 - answerable).sum(axis=axis)
    ranks = (rankdata(confidence, axis=axis) * answerable).sum(axis=axis)
    return _ratio(ranks - positive * (positive + 1) / 2, positive * negative)


def aurc(confidence: Floats, right: Floats, axis: int) -> Floats:
    """Area under the risk-coverage curve (Geifman, Uziel and El-Yaniv 2019)."""
    return np.asarray(risks(confidence, right, axis).mean(axis=axis))


def risks(confidence: Floats, right: Floats, axis: int = -1) -> Floats:
    """Give the share of wrong answers among the 1, 2, 3… most confident ones."""
    order = np.argsort(-confidence, axis=axis, kind="stable")
    wrong = 1 - np.take_along_axis(right, order, axis=axis)
    return np.asarray(np.cumsum(wrong, axis=axis) / np.arange(1, wrong.shape[axis] + 1))


def brier(confidence: Floats, right: Floats, axis: int) -> Floats:
    """Mean squared error of the confidence as a probability (Brier 1950)."""
    return np.asarray(((confidence - right) ** 2).mean(axis=axis))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
