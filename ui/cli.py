"""The command `summit`: every way in from the terminal; errors are caught here, once."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from assistant.errors import AssistantError, QuestionError
from corpus.errors import DocumentError
from index.errors import IndexProblemError, ModelError
from ui.errors import ServerError
from ui.evaluate_cli import evaluate
from ui.feedback_cli import app as feedback_app
from ui.opening import ERR, OUT, assistant_of_user, settings_of_user
from ui.terminal import print_answer

if TYPE_CHECKING:
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


_WRONG = 2
_EXPECTED = (AssistantError, DocumentError, IndexProblemError, ModelError, ServerError)


def main() -> None:
    """Run the command; whatever is wrong is one line and exit code 2."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    try:
        app()
    except _EXPECTED as error:
        ERR.print(f"summit: {escape(str(error))}")
        sys.exit(_WRONG)
    except BrokenPipeError:
        # Whoever read our output, such as head, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        ERR.print(f"summit: {escape(f'{error.filename}: {error.strerror}')}")
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
    answer = assistant_of_user().invoke(asked)
    if as_json:
        sys.stdout.write(json.dumps(answer.to_dict(), ensure_ascii=False) + "\n")
    else:
        print_answer(OUT, answer)


@app.command()
def chat() -> None:
    """Ask question after question; follow-ups are understood. End with Ctrl-D or an empty line."""
    assistant = assistant_of_user()
    history: list[tuple[str, str]] = []
    while True:
        try:
            text = OUT.input("[bold]You:[/bold] ")
        except (EOFError, KeyboardInterrupt):
            OUT.print()
            return
        if not text.strip():
            return
        try:
            answer = assistant.ask(text, history)
        except QuestionError as error:
            OUT.print(f"{escape(str(error))}\n")
            continue
        print_answer(OUT, answer)
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

    settings = settings_of_user()
    if list_them:
        _list_documents(settings)
        return
    report = sync(
        settings,
        open_embedder(settings),
        ERR,
        extra=tuple(paths or ()),
        remove=tuple(remove or ()),
        rebuild=rebuild,
        allow_loss=yes,
    )
    ERR.print(summary(report))
    if report.problems:
        sys.exit(_WRONG)


@app.command()
def serve() -> None:
    """Bring the index up to date and serve the chat in the browser."""
    from ui.serve import serve as run

    run(settings_of_user())


app.command()(evaluate)


@app.command()
def openapi() -> None:
    """Print the schema of the HTTP API: OpenAPI, as JSON."""
    from ui.programs import programs

    schema = programs(settings_of_user()).openapi()
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
    for finding in examine(settings_of_user(), repair=repair):
        healthy &= finding.good
        line = f"{'ok  ' if finding.good else 'BAD '} {finding.text}"
        OUT.print(escape(line), soft_wrap=True)
    sys.exit(0 if healthy else 1)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
) -> None:
    """Write index, conversations and feedback to one file; the server may run meanwhile."""
    from assistant.backup import back_up
    from assistant.load import index_home

    settings = settings_of_user()
    size = back_up(settings.data_dir, file, index_home(settings))
    ERR.print(f"{escape(str(file))}: {size / 1e6:.1f} MB")
    if settings.database_url.get_secret_value():
        ERR.print(
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

    settings = settings_of_user()
    put_back(settings.data_dir, file, index_home(settings))
    ERR.print(f"{escape(str(file))} is restored")
    if settings.database_url.get_secret_value():
        ERR.print(
            "summit: conversations and feedback in PostgreSQL are as they were; "
            "put them back with pg_restore"
        )


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
