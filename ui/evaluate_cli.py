"""The command `summit evaluate`: its options, and what it does with them in order."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from assistant.errors import QuestionError
from ui.opening import ERR, OUT, assistant_of_user, settings_of_user


class Benchmark(StrEnum):
    """The open benchmarks that can be read."""

    SQUAD2 = "squad2"


def evaluate(
    questions: Annotated[
        list[Path] | None,
        typer.Argument(help="Files of questions, one JSON object a line; default: shipped."),
    ] = None,
    *,
    json_out: Annotated[
        Path | None, typer.Option("--json", help="Write every result to this file.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a page for people to this file.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(help="Compare with the results that --json wrote earlier.")
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC=VALUE",
            help="Exit with 1 when the figure is below this (above, where less is better).",
        ),
    ] = None,
    fail_on_loss: Annotated[
        bool,
        typer.Option(
            "--fail-on-loss",
            help="Exit with 1 when a figure is significantly worse than --compare.",
        ),
    ] = False,
    benchmark: Annotated[
        Benchmark | None,
        typer.Option(help="Take QUESTIONS as an open benchmark; its paragraphs are the corpus."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Ask this many of the questions, by a fixed draw.")
    ] = None,
    with_judge: Annotated[
        bool,
        typer.Option(
            "--judge",
            help="Have a chat model, SUMMIT_JUDGE_MODEL or else SUMMIT_MODEL, judge them, too.",
        ),
    ] = False,
) -> None:
    """Measure how accurate the answers are. When stopped, the same command goes on."""
    from assistant.evaluation.compare import compare as compare_results
    from assistant.evaluation.compare import read_results
    from assistant.evaluation.questions import draw
    from assistant.evaluation.report import comparison_table, summary_table
    from assistant.evaluation.run import evaluate_all
    from assistant.load import open_judge
    from ui import evaluate as work
    from ui.sync import progress_bar

    if fail_on_loss and not compare:
        raise QuestionError("--fail-on-loss needs --compare OLD.json")
    floors = [work.Floor.of(each) for each in fail_under or ()]
    work.check_writable([json_out, report])
    before = read_results(compare) if compare else None
    settings = settings_of_user()
    data_dir = settings.data_dir
    progress = progress_bar(ERR)
    judge = open_judge(settings, work.judge_progress(progress)) if with_judge else None
    if benchmark:
        asked, folder = work.benchmark_questions(questions, data_dir)
        assistant = assistant_of_user(corpus_dir=folder / "documents", data_dir=folder)
    else:
        asked = work.golden_questions(questions)
        assistant = assistant_of_user()
    asked = draw(asked, limit)
    with progress:
        task = progress.add_task("Answering", total=len(asked))
        results = evaluate_all(
            assistant, asked, lambda: progress.advance(task), data_dir / "evaluations", judge
        )
    if before:
        results["comparison"] = compare_results(before, results)
    work.write(results, json_out, report)
    OUT.print(summary_table(results))
    if before:
        OUT.print(comparison_table(results["comparison"]))
    failed = list(work.failures(results, floors, on_loss=fail_on_loss))
    for line in (*work.judge_failures(results), *failed):
        ERR.print(f"summit: {escape(line)}")
    sys.exit(1 if failed else 0)
