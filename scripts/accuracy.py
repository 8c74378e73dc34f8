"""Writes the accuracy table of the README from the test half of the golden questions."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from assistant.evaluation.run import evaluate_all, read_questions
from assistant.load import default_embedder, open_assistant, sync_corpus
from assistant.settings import read_settings

ROOT = Path(__file__).parent.parent
_QUESTIONS = ROOT / "corpus" / "questions" / "test.jsonl"
_FIGURES = {
    "correctness": "Answerable questions answered with every fact",
    "recall@5": "A right document among the first five passages",
    "citation_exactness": "Answers whose every quotation is exact",
    "citation_recall": "Facts that stand in a cited quotation",
    "citation_precision": "Citations that are of a right document",
    "abstention_precision": "Abstentions that were right to abstain",
    "abstention_recall": "Unanswerable questions turned away",
    "abstention_f1": "The two together (F1)",
}


def table(summary: dict[str, Any]) -> str:
    """Give the figures with their intervals as a Markdown table."""
    rows = ["| built-in answerer, test questions | value | 95 % interval | n |"]
    rows.append("| --- | ---: | :---: | ---: |")
    for name, meaning in _FIGURES.items():
        low, high = summary[f"{name}_ci"]
        rows.append(
            f"| {meaning} | {summary[name]:.1%} | {low:.1%} to {high:.1%} "
            f"| {summary[f'{name}_n']} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Answer the test questions from a fresh index and put the table into the README."""
    with tempfile.TemporaryDirectory() as data:
        settings = read_settings(data_dir=Path(data))
        embedder = default_embedder()
        sync_corpus(settings, embedder)
        assistant = open_assistant(settings, embedder)
        summary = evaluate_all(assistant, read_questions(_QUESTIONS))["summary"]
    readme = ROOT / "README.md"
    text = re.sub(
        r"(<!-- accuracy -->\n).*?(<!-- /accuracy -->)",
        lambda match: f"{match[1]}{table(summary)}\n{match[2]}",
        readme.read_text("utf-8"),
        flags=re.DOTALL,
    )
    readme.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
