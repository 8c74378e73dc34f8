"""Answers all shipped questions and writes the baseline that CI compares with."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from assistant.evaluation.questions import DEV_QUESTIONS, TEST_QUESTIONS, read_questions
from assistant.evaluation.run import evaluate_all
from assistant.load import default_embedder, open_assistant, sync_corpus
from assistant.settings import read_settings

ROOT = Path(__file__).parent.parent
BASELINE = ROOT / "tests" / "baseline.json"
# Texts and times, which a comparison does not need.
_LEFT_OUT = (
    *("answer", "closest", "passages", "standalone_question", "state", "seconds"),
    *("facts", "documents", "history", "citations"),
)


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
    """Answer the golden questions from a fresh index, and write the baseline."""
    with tempfile.TemporaryDirectory() as data:
        settings = read_settings(data_dir=Path(data))
        embedder = default_embedder()
        sync_corpus(settings, embedder)
        assistant = open_assistant(settings, embedder)
        questions = read_questions([DEV_QUESTIONS, TEST_QUESTIONS])
        rows = evaluate_all(assistant, questions)["questions"]
    BASELINE.write_text(baseline(rows), "utf-8")


if __name__ == "__main__":
    main()
