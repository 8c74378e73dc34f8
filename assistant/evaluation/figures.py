"""Draws what an evaluation found, as pictures that stand in a page by themselves."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve

from assistant.evaluation.score import DEPTH
from assistant.evaluation.statistics import risks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from assistant.evaluation.score import Row

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "summit",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e7",
}
_BLUE, _AMBER, _GREY = "#1d4ed8", "#b45309", "#52525b"
_WIDTH, _HEIGHT, _ROW = 7.0, 3.6, 0.28
_BINS = 10
_FEWEST = 20  # answers of which a curve says something
_READ_CATEGORIES = (
    "Share of questions handled rightly, with 95 % intervals. Amber: questions that are right "
    "when they are turned away."
)
_READ_RELIABILITY = (
    "Questions in ten groups of growing confidence: the share that was, or would have been, "
    "answered rightly. On the diagonal, of those with a confidence of 0.7, 7 in 10 are right."
)
_READ_RISK = (
    "Share of wrong answers when only the most confident part of the questions is answered; the "
    "area under the curve is aurc."
)
_READ_RETRIEVAL = (
    "Share of questions with a right document, and of facts that stand in a passage, among the "
    "first passages found."
)


def figures(results: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Give each picture as a title, a sentence on how to read it, and a data URI of an SVG.

    A picture that would have nothing to show is left out.
    """
    with mpl.rc_context(_STYLE):
        return list(_figures(results["questions"], results["summary"]["by_category"]))


def _figures(
    rows: Sequence[Row], categories: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, str, str]]:
    selective = [row for row in rows if row["facts"] or not row["answerable"]]
    retrieved = [row for row in rows if row["answerable"] and row["documents"]]
    if categories:
        yield "Right answers by category", _READ_CATEGORIES, _categories(categories)
    if len(selective) >= _FEWEST:
        yield "Reliability of the confidence", _READ_RELIABILITY, _reliability(selective)
        yield "Risk and coverage", _READ_RISK, _risk(selective)
    if retrieved:
        yield "Retrieval", _READ_RETRIEVAL, _retrieval(retrieved)
    yield "Latency", "Seconds an answer took.", _latency([row["seconds"] for row in rows])


def _categories(categories: dict[str, dict[str, Any]]) -> str:
    names = sorted(
        categories, key=lambda name: (categories[name]["answerable"], categories[name]["right"])
    )
    values = np.array([categories[name]["right"] for name in names])
    bounds = np.array([categories[name]["right_ci"] for name in names]).T
    figure, axes = _axes(height=1.0 + _ROW * len(names))
    axes.barh(
        [f"{name}  ({categories[name]['right_n']})" for name in names],
        values,
        color=[_BLUE if categories[name]["answerable"] else _AMBER for name in names],
        xerr=np.abs(bounds - values),
        error_kw={"ecolor": _GREY, "capsize": 3, "lw": 1},
    )
    axes.set_xlim(0, 1)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("share handled rightly")
    return _uri(figure)


def _reliability(rows: Sequence[Row]) -> str:
    confidence = np.clip([row["confidence"] for row in rows], 0, 1)
    right = np.array([row["right_if_answered"] for row in rows], dtype=int)
    shares, means = calibration_curve(right, confidence, n_bins=_BINS, strategy="quantile")
    figure, axes = _axes()
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle=":", label="perfect")
    axes.plot(means, shares, color=_BLUE, marker="o", label="measured")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share right")
    axes.legend(frameon=False)
    return _uri(figure)


def _risk(rows: Sequence[Row]) -> str:
    confidence = np.array([row["confidence"] for row in rows])
    right = np.array([float(row["right_if_answered"]) for row in rows])
    coverage = np.arange(1, len(rows) + 1) / len(rows)
    figure, axes = _axes()
    axes.plot(coverage, risks(confidence, right), color=_BLUE, label="by confidence")
    axes.axhline(1 - right.mean(), color=_GREY, linestyle=":", label="by chance")
    answered = float(np.mean([not row["abstained"] for row in rows]))
    axes.axvline(answered, color=_AMBER, linestyle="--", label="answered now")
    axes.set(xlim=(0, 1.02), ylim=(0, None), xlabel="share answered", ylabel="share wrong")
    axes.legend(frameon=False)
    return _uri(figure)


def _retrieval(rows: Sequence[Row]) -> str:
    places = np.arange(1, DEPTH + 1)
    ranks = [1 / row["reciprocal_rank"] if row["reciprocal_rank"] else np.inf for row in rows]
    facts = [place or np.inf for row in rows for place in row["fact_ranks"]]
    figure, axes = _axes()
    for label, found, color in (
        ("a right document", ranks, _BLUE),
        ("the facts", facts, _AMBER),
    ):
        if found:
            curve = [np.mean(np.round(found, 2) <= place) for place in places]
            axes.plot(places, curve, color=color, marker="o", label=label)
    axes.set(ylim=(0, 1.02), xlabel="passages", ylabel="share found", xticks=places)
    axes.legend(frameon=False, loc="lower right")
    return _uri(figure)


def _latency(seconds: Sequence[float]) -> str:
    median, p95 = np.percentile(seconds, (50, 95))
    figure, axes = _axes()
    axes.hist(np.minimum(seconds, 2 * p95), bins=40, color=_BLUE)
    axes.axvline(median, color=_GREY, linestyle=":", label=f"median {median:.3f} s")
    axes.axvline(p95, color=_AMBER, linestyle="--", label=f"95th percentile {p95:.3f} s")
    axes.set(xlabel="seconds", ylabel="questions", xlim=(0, None))
    axes.legend(frameon=False)
    return _uri(figure)


def _axes(height: float = _HEIGHT) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def _uri(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()
