"""Asks every question and scores each answer; a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from assistant.evaluation.judge import ERROR
from assistant.evaluation.metrics import summarise
from assistant.evaluation.score import score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from assistant.assistant import Assistant
    from assistant.evaluation.judge import Judge
    from assistant.evaluation.questions import GoldenQuestion
    from assistant.evaluation.score import Row


def evaluate_all(
    assistant: Assistant,
    questions: Sequence[GoldenQuestion],
    on_answer: Callable[[], None] = lambda: None,
    folder: Path | None = None,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """Answer and score every question; give what the JSON contract asks for.

    With a `judge` its verdicts stand beside the scores, and `judge_errors` in the summary counts
    the answers that it failed on. With a `folder` each row is kept there as it comes, until the
    run is complete. A run that was stopped is taken up by the next one with the same questions,
    documents, model, judge and code.

    Raises:
        SettingsError: the judge's packages are not installed.
    """
    journal = folder / f"{_key(assistant, questions, judge)}.jsonl" if folder else None
    done = {row["id"]: row for row in _rows_of(journal)}
    rows = []
    for question in questions:
        row = done.get(question.id)
        if row is None:
            trace = assistant.trace(question.question, question.history)
            row = score(question, trace, assistant.document)
            _keep(journal, row)
        rows.append(row)
        on_answer()
    if judge:
        rows = judge.judge(rows, lambda row: _keep(journal, row))
    if journal:
        journal.unlink(missing_ok=True)
    results: dict[str, Any] = {"questions": rows, "summary": summarise(rows)}
    if judge:
        results["judge"] = judge.name
        results["summary"]["judge_errors"] = sum(ERROR in row for row in rows)
    return results


def _rows_of(journal: Path | None) -> Iterator[Row]:
    if journal is None or not journal.exists():
        return
    for line in journal.read_bytes().splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return  # a line that was being written when the run was stopped


def _keep(journal: Path | None, row: Row) -> None:
    if journal is None:
        return
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _key(assistant: Assistant, questions: Sequence[GoldenQuestion], judge: Judge | None) -> str:
    """Name what a run's rows depend on: questions, documents, models, and the code itself."""
    digest = hashlib.sha256(repr((assistant.identity(), judge and judge.name)).encode())
    for question in questions:
        digest.update(question.model_dump_json().encode())
    for package in ("corpus", "index", "assistant"):
        for path, content in sorted(_sources(files(package))):
            digest.update(path.encode() + content)
    return digest.hexdigest()[:16]


def _sources(folder: Traversable, path: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from _sources(entry, name)
        elif entry.name.endswith((".py", ".json", ".txt", ".md")):
            yield name, entry.read_bytes()
