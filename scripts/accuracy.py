"""Writes how accurate the answers are: README's table, and the baseline that CI compares with."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from assistant.evaluation.metrics import summarise
from assistant.evaluation.questions import DEV_QUESTIONS, TEST_QUESTIONS, read_questions
from assistant.evaluation.run import evaluate_all
from assistant.load import default_embedder, open_assistant, sync_corpus
from assistant.settings import read_settings

ROOT = Path(__file__).parent.parent
BASELINE = ROOT / "tests" / "baseline.json"
_FIGURES = {
    "correctness": "Answerable questions answered with every fact",
    "recall@5": "A right document among the first five passages",
    "citation_exactness": "Answers whose every quotation is exact",
    "citation_recall": "Facts that their sentence's citations quote",
    "citation_precision": "Citations of a right document that their sentence needs",
    "abstention_precision": "Abstentions that were right to abstain",
    "abstention_recall": "Unanswerable questions turned away",
    "abstention_f1": "The two together (F1)",
}
# Texts and times, which a comparison does not need.
_LEFT_OUT = (
    *("answer", "closest", "passages", "standalone_question", "state", "seconds"),
    *("facts", "documents", "history", "citations"),
)


def table(rows: list[dict[str, Any]]) -> str:
    """Give the figures of the test questions, with their intervals, as a Markdown table."""
    ids = {question.id for question in read_questions([TEST_QUESTIONS])}
    summary = summarise([row for row in rows if row["id"] in ids], list(_FIGURES))
    lines = ["| built-in answerer, test questions | value | 95 % interval | n |"]
    lines.append("| --- | ---: | :---: | ---: |")
    for name, meaning in _FIGURES.items():
        low, high = summary[f"{name}_ci"]
        lines.append(
            f"| {meaning} | {summary[name]:.1%} | {low:.1%} to {high:.1%} "
            f"| {summary[f'{name}_n']} |"
        )
    return "\n".join(lines)


def baseline(rows: list[dict[str, Any]]) -> str:
    """Give what a comparison needs of the results, a line for each question."""
    lines = [
        json.dumps(
            {name: value for name, value in row.items() if name not in _LEFT_OUT}
            | {name: bool(row[name]) for name in ("facts", "documents", "history", "citations")},
            ensure_ascii=False,
        )
        for row in rows
    ]
    return '{"questions": [\n' + ",\n".join(lines) + "\n]}\n"


def main() -> None:
    """Answer the golden questions from a fresh index; write the table and the baseline."""
    with tempfile.TemporaryDirectory() as data:
        settings = read_settings(data_dir=Path(data))
        embedder = default_embedder()
        sync_corpus(settings, embedder)
        assistant = open_assistant(settings, embedder)
        questions = read_questions([DEV_QUESTIONS, TEST_QUESTIONS])
        rows = evaluate_all(assistant, questions)["questions"]
    BASELINE.write_text(baseline(rows), "utf-8")
    readme = ROOT / "README.md"
    text = re.sub(
        r"(<!-- accuracy -->\n).*?(<!-- /accuracy -->)",
        lambda match: f"{match[1]}{table(rows)}\n{match[2]}",
        readme.read_text("utf-8"),
        flags=re.DOTALL,
    )
    readme.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
