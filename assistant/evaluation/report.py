"""Shows an evaluation: a table for the terminal and one self-contained page."""

from __future__ import annotations

from html import escape
from typing import Any

from rich.table import Table

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color-scheme: light dark; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .25rem .75rem;
  border-bottom: 1px solid #8886; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
article { border-top: 1px solid #8886; padding: .75rem 0; } blockquote { margin: .25rem 0 .5rem; }
"""


def summary_table(results: dict[str, Any]) -> Table:
    """Give the metrics with their intervals as a table for the terminal."""
    table = Table("metric", "value", "95 % interval", "n")
    for row in _rows(results["summary"]):
        table.add_row(*row)
    return table


def write_html(results: dict[str, Any]) -> str:
    """Give one page without scripts: the metrics, then every wrong answer with what was found."""
    questions = results["questions"]
    rows = "".join(
        "<tr><th scope=row>{}</th>{}</tr>".format(
            escape(row[0]), "".join(f"<td class=number>{escape(each)}</td>" for each in row[1:])
        )
        for row in _rows(results["summary"])
    )
    wrong = [each for each in questions if not each["right"]]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>Summit evaluation</title><style>{_STYLE}</style>"
        f"<h1>Evaluation of {len(questions)} questions</h1>"
        "<table><thead><tr><th>metric<th>value<th>95 % interval<th>n</thead>"
        f"<tbody>{rows}</tbody></table>"
        f"<h2>{len(wrong)} wrong answers</h2>{''.join(map(_wrong, wrong))}</html>\n"
    )


def _rows(summary: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (
            name,
            f"{value:.3f}",
            "{:.3f} to {:.3f}".format(*summary[f"{name}_ci"]),
            str(summary[f"{name}_n"]),
        )
        for name, value in summary.items()
        if f"{name}_ci" in summary
    ]


def _wrong(result: dict[str, Any]) -> str:
    facts = "; ".join(" or ".join(each) for each in result["facts"])
    expected = f"expected: {facts}" if result["answerable"] else "expected: no answer"
    quotes = "".join(
        f"<li>{escape(each['quote'])} <small>({escape(each['title'])})</small></li>"
        for each in result["citations"] or result["closest"]
    )
    return (
        f"<article><h3>{escape(result['question'])}</h3>"
        f"<p>{escape(result['id'])} · {escape(result['category'])} · {escape(expected)}"
        f" · confidence {result['confidence']:.2f}</p>"
        f"<blockquote>{escape(result['answer'])}</blockquote><ol>{quotes}</ol>"
        f"<p>found: {escape(', '.join(dict.fromkeys(result['found'])))}</p></article>"
    )
