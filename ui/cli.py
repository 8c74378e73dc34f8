"""The command `summit`: every way in from the terminal; errors are caught here, once."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from assistant.errors import AssistantError, QuestionError
from corpus.errors import DocumentError
from index.errors import IndexBusyError, IndexLossError, IndexProblemError, ModelError
from ui.errors import ServerError
from ui.feedback_cli import app as feedback_app
from ui.terminal import print_answer

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.settings import Settings

# What is heavy (torch, gradio, chromadb) is imported inside the commands, so that
# `summit --help` answers at once.

app = typer.Typer(
    name="summit",
    help="Answers questions about a set of documents, with citations that hold.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


app.add_typer(feedback_app, name="feedback")


class Benchmark(StrEnum):
    """The open benchmarks that can be read."""

    SQUAD2 = "squad2"


_out = Console(highlight=False, soft_wrap=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True)
_WRONG = 2
_EXPECTED = (AssistantError, DocumentError, IndexProblemError, ModelError, ServerError)


def main() -> None:
    """Run the command; whatever is wrong is one line and exit code 2."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    try:
        app()
    except _EXPECTED as error:
        _err.print(f"summit: {escape(str(error))}")
        sys.exit(_WRONG)
    except BrokenPipeError:
        # Whoever read our output, such as head, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _err.print(f"summit: {escape(f'{error.filename}: {error.strerror}')}")
        sys.exit(_WRONG)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    history: Annotated[
        Path | None,
        typer.Option(help="JSON file: the turns before, as a list of [question, answer]."),
    ] = None,
    document: Annotated[
        str,
        typer.Option(
            metavar="ID",
            show_default=False,
            help="Answer from this document alone; summit ingest --list names them.",
        ),
    ] = "",
) -> None:
    """Answer one question, with numbered sources."""
    from assistant.question import Question

    text = sys.stdin.read() if question == "-" else question
    asked = Question.of(text, _read_history(history), document)
    answer = _assistant().invoke(asked)
    if as_json:
        sys.stdout.write(json.dumps(answer.to_dict(), ensure_ascii=False) + "\n")
    else:
        print_answer(_out, answer)


@app.command()
def chat() -> None:
    """Ask question after question; follow-ups are understood. End with Ctrl-D or an empty line."""
    assistant = _assistant()
    history: list[tuple[str, str]] = []
    while True:
        try:
            text = _out.input("[bold]You:[/bold] ")
        except (EOFError, KeyboardInterrupt):
            _out.print()
            return
        if not text.strip():
            return
        try:
            answer = assistant.ask(text, history)
        except QuestionError as error:
            _out.print(f"{escape(str(error))}\n")
            continue
        print_answer(_out, answer)
        history.append((text, answer.text))


@app.command()
def ingest(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders or web pages to add: txt, md, html, pdf, docx."),
    ] = None,
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make every vector anew, from the texts kept.")
    ] = False,
    remove: Annotated[
        list[str] | None, typer.Option(help="Remove the document with this id; repeatable.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove what has vanished, however much, without asking.")
    ] = False,
    list_them: Annotated[
        bool, typer.Option("--list", help="List the documents of the index and stop.")
    ] = False,
) -> None:
    """Bring the index up to date with the corpus folder, and add documents of yours."""
    from assistant.load import open_embedder
    from ui.sync import summary, sync

    settings = _settings()
    if list_them:
        _list_documents(settings)
        return
    report = sync(
        settings,
        open_embedder(settings),
        _err,
        extra=tuple(paths or ()),
        remove=tuple(remove or ()),
        rebuild=rebuild,
        allow_loss=yes,
    )
    _err.print(summary(report))
    if report.problems:
        sys.exit(_WRONG)


@app.command()
def serve() -> None:
    """Bring the index up to date and serve the chat in the browser."""
    from ui.serve import serve as run

    run(_settings())


@app.command()
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
    settings = _settings()
    data_dir = settings.data_dir
    progress = progress_bar(_err)
    judge = open_judge(settings, work.judge_progress(progress)) if with_judge else None
    if benchmark:
        asked, folder = work.benchmark_questions(questions, data_dir)
        assistant = _assistant(corpus_dir=folder / "documents", data_dir=folder)
    else:
        asked = work.golden_questions(questions)
        assistant = _assistant()
    asked = draw(asked, limit)
    with progress:
        task = progress.add_task("Answering", total=len(asked))
        results = evaluate_all(
            assistant, asked, lambda: progress.advance(task), data_dir / "evaluations", judge
        )
    if before:
        results["comparison"] = compare_results(before, results)
    work.write(results, json_out, report)
    _out.print(summary_table(results))
    if before:
        _out.print(comparison_table(results["comparison"]))
    failed = list(work.failures(results, floors, on_loss=fail_on_loss))
    for line in (*work.judge_failures(results), *failed):
        _err.print(f"summit: {escape(line)}")
    sys.exit(1 if failed else 0)


@app.command()
def openapi() -> None:
    """Print the schema of the HTTP API: OpenAPI, as JSON."""
    from ui.programs import programs

    schema = programs(_settings()).openapi()
    sys.stdout.write(json.dumps(schema, ensure_ascii=False, indent=2) + "\n")


@app.command()
def doctor(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Build the index anew where it is not well.")
    ] = False,
) -> None:
    """Check the set-up and say what is wrong with it and how to mend it."""
    from ui.doctor import examine

    healthy = True
    for finding in examine(_settings(), repair=repair):
        healthy &= finding.good
        line = f"{'ok  ' if finding.good else 'BAD '} {finding.text}"
        _out.print(escape(line), soft_wrap=True)
    sys.exit(0 if healthy else 1)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
) -> None:
    """Write index, conversations and feedback to one file; the server may run meanwhile."""
    from assistant.backup import back_up
    from assistant.load import index_home

    settings = _settings()
    size = back_up(settings.data_dir, file, index_home(settings))
    _err.print(f"{escape(str(file))}: {size / 1e6:.1f} MB")
    if settings.database_url.get_secret_value():
        _err.print(
            "summit: conversations and feedback are in PostgreSQL and not in this file; "
            "save them with pg_dump"
        )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that summit backup wrote.")],
) -> None:
    """Put back what a backup holds, in place of what is there; the server may run meanwhile."""
    from assistant.backup import restore as put_back
    from assistant.load import index_home

    settings = _settings()
    put_back(settings.data_dir, file, index_home(settings))
    _err.print(f"{escape(str(file))} is restored")
    if settings.database_url.get_secret_value():
        _err.print(
            "summit: conversations and feedback in PostgreSQL are as they were; "
            "put them back with pg_restore"
        )


def _settings(**overrides: object) -> Settings:
    from assistant.settings import read_settings

    return read_settings(**overrides)


def _assistant(**overrides: object) -> Assistant:
    from assistant.load import is_kept_by_others, open_assistant, open_embedder
    from ui.sync import sync

    settings = _settings(**overrides)
    embedder = open_embedder(settings)
    try:
        if not is_kept_by_others(settings):
            sync(settings, embedder, _err)
    except (IndexBusyError, IndexLossError) as error:
        _err.print(f"summit: {escape(str(error))}; until then answers come from it as it is")
    return open_assistant(settings, embedder)


def _read_history(path: Path | None) -> tuple[tuple[str, str], ...]:
    if path is None:
        return ()
    try:
        turns = json.loads(path.read_text("utf-8"))
        return tuple((str(asked), str(answered)) for asked, answered in turns)
    except (OSError, ValueError, TypeError) as error:
        raise QuestionError(
            f"{path} is no history: it must hold a JSON list of [question, answer] pairs"
        ) from error


def _list_documents(settings: Settings) -> None:
    from assistant.load import index_home
    from index.catalogue import Catalogue
    from index.generation import CATALOGUE

    with (
        index_home(settings).reading() as current,
        Catalogue(current.folder / CATALOGUE) as catalogue,
    ):
        for entry in catalogue.entries():
            typer.echo(f"{entry.document_id}\t{entry.path}")
