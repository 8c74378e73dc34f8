"""Shows an evaluation: tables for the terminal and one self-contained page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from rich.table import Table

from assistant.evaluation.figures import figures
from assistant.evaluation.metrics import METRICS
from assistant.evaluation.score import facts_in

if TYPE_CHECKING:
    from assistant.evaluation.score import Row


def summary_table(results: dict[str, Any]) -> Table:
    """Give the metrics with their intervals as a table for the terminal."""
    table = Table("metric", "value", "95 % interval", "n")
    for row in _metrics(results["summary"]):
        table.add_row(row["name"], f"{row['value']:.3f}", _span(row["interval"]), str(row["n"]))
    return table


def comparison_table(comparison: dict[str, Any]) -> Table:
    """Give what changed, and whether by chance, as a table for the terminal."""
    table = Table("metric", "old", "new", "difference", "95 % interval", "p", "")
    for change in comparison["changes"]:
        if change["difference"] or change["p"] < 1:
            table.add_row(
                change["name"],
                f"{change['old']:.3f}",
                f"{change['new']:.3f}",
                f"{change['difference']:+.3f}",
                _span(change["difference_ci"]),
                f"{change['p']:.3f}",
                verdict(change),
            )
    return table


def verdict(change: dict[str, Any]) -> str:
    """Say what a change is, in one word."""
    if not change["significant"]:
        return "chance"
    return "better" if change["better"] else "worse"


def write_html(results: dict[str, Any]) -> str:
    """Give one page without scripts: figures, pictures, every wrong answer and why it is one."""
    environment = Environment(
        loader=PackageLoader("assistant.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(span=_span, verdict=verdict, marked=_marked, reason=reason)
    wrong = [row for row in results["questions"] if not row["right"]]
    return environment.get_template("report.html").render(
        questions=results["questions"],
        metrics=_metrics(results["summary"]),
        comparison=results.get("comparison"),
        figures=figures(results),
        wrong={row["id"]: row for row in wrong},
        reasons=_count_reasons(wrong),
        facts_in=facts_in,
    )


def reason(row: Row) -> str:
    """Say at which step a wrong answer went wrong."""
    if not row["answerable"]:
        return "answered although the documents do not answer it"
    if row["abstained"]:
        return "turned away although the documents answer it"
    if any(place is None for place in row["fact_ranks"]):
        return "a fact is in none of the passages found"
    return "the facts were found and not all chosen"


def _count_reasons(wrong: list[Row]) -> dict[str, list[Row]]:
    reasons: dict[str, list[Row]] = {}
    for row in wrong:
        reasons.setdefault(reason(row), []).append(row)
    return dict(sorted(reasons.items(), key=lambda item: -len(item[1])))


def _metrics(summary: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": metric.name,
            "meaning": metric.meaning,
            "value": summary[metric.name],
            "interval": summary[f"{metric.name}_ci"],
            "n": summary[f"{metric.name}_n"],
        }
        for metric in METRICS
        if metric.name in summary
    ]


def _span(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:.3f} to {bounds[1]:.3f}"


def _marked(text: str, facts: list[list[str]]) -> Markup:
    """Escape a text and mark where facts stand in it."""
    lowered = text.casefold()
    places = []
    for alternative in {each for alternatives in facts for each in alternatives}:
        start = lowered.find(alternative.casefold())
        if start >= 0 and len(lowered) == len(text):
            places.append((start, start + len(alternative)))
    parts, end = [], 0
    for start, stop in sorted(places):
        if start >= end:
            parts += [escape(text[end:start]), Markup("<mark>{}</mark>").format(text[start:stop])]
            end = stop
    return Markup("").join([*parts, escape(text[end:])])
