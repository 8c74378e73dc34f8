"""The work of `summit evaluate`: what is asked for is checked first, written last."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import QuestionError
from assistant.evaluation.compare import significant_losses
from assistant.evaluation.judge import ERROR
from assistant.evaluation.metrics import METRICS, Metric
from assistant.evaluation.questions import DEV_QUESTIONS, read_questions
from assistant.evaluation.report import write_html
from assistant.evaluation.squad import read_squad
from ui.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rich.progress import Progress, TaskID

    from assistant.evaluation.questions import GoldenQuestion


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a figure may be; the most, where less is better."""

    metric: Metric
    value: float

    @classmethod
    def of(cls, text: str) -> Floor:
        """Read `metric=value`; QuestionError where there is no such metric or value."""
        name, _, value = text.partition("=")
        metrics = {metric.name: metric for metric in METRICS}
        if name not in metrics:
            raise QuestionError(f"{name} is no figure; there are: {', '.join(metrics)}")
        try:
            return cls(metrics[name], float(value))
        except ValueError as error:
            raise QuestionError(f"--fail-under {text}: write it as {name}=0.8") from error

    def miss(self, summary: dict[str, Any]) -> str:
        """Say in a line how the figure misses; empty where it holds."""
        name, more = self.metric.name, self.metric.more_is_better
        if name not in summary:
            return f"{name} was not measured: it applies to none of the questions"
        value = summary[name]
        if (value >= self.value) if more else (value <= self.value):
            return ""
        return f"{name} is {value}, {'below' if more else 'above'} {self.value}"


def check_writable(paths: Sequence[Path | None]) -> None:
    """Raise QuestionError where a file could not be written in the end."""
    for path in paths:
        if path and (path.is_dir() or not os.access(path.absolute().parent, os.W_OK)):
            raise QuestionError(f"{path} cannot be written; name a file in a folder that is there")


def golden_questions(paths: Sequence[Path] | None) -> list[GoldenQuestion]:
    """Read the questions of the files, or those that are shipped to tune on."""
    return read_questions(paths or [DEV_QUESTIONS])


def benchmark_questions(
    paths: Sequence[Path] | None, data_dir: Path
) -> tuple[list[GoldenQuestion], Path]:
    """Read an open benchmark; give its questions and the folder of its own documents and index.

    The folder is named after the file's content, so that the next run finds its index made.
    """
    if not paths or len(paths) != 1:
        raise QuestionError("name the one file of the benchmark, for instance: dev-v2.0.json")
    try:
        content = paths[0].read_bytes()
    except OSError as error:
        raise QuestionError(f"{paths[0]} cannot be read") from error
    folder = data_dir / "benchmarks" / hashlib.sha256(content).hexdigest()[:16]
    (folder / "documents").mkdir(parents=True, exist_ok=True)
    return read_squad(paths[0], folder / "documents"), folder


def write(results: dict[str, Any], json_out: Path | None, report: Path | None) -> None:
    """Write the results and the page, each whole or not at all."""
    if json_out:
        write_whole(json_out, json.dumps(results, ensure_ascii=False, indent=1) + "\n")
    if report:
        write_whole(report, write_html(results))


def judge_progress(progress: Progress) -> Callable[[int, int], None]:
    """Give what draws the bar of a judge, below that of the answers."""
    task: TaskID | None = None

    def show(done: int, total: int) -> None:
        nonlocal task
        if task is None:
            task = progress.add_task("Judging", total=total)
        progress.update(task, completed=done, total=total)

    return show


def judge_failures(results: dict[str, Any]) -> Iterator[str]:
    """Say in a line on how many answers the judge failed, and how the first time."""
    errors = [row[ERROR] for row in results["questions"] if ERROR in row]
    if errors:
        yield f"the judge {results['judge']} failed on {len(errors)} answers; first: {errors[0]}"


def failures(results: dict[str, Any], floors: Sequence[Floor], *, on_loss: bool) -> Iterator[str]:
    """Say, a line each, what does not hold."""
    for floor in floors:
        if miss := floor.miss(results["summary"]):
            yield miss
    if on_loss:
        for change in significant_losses(results["comparison"]):
            yield (
                f"{change['name']} fell from {change['old']} to {change['new']} "
                f"(p = {change['p']}, {change['n']} questions)"
            )
