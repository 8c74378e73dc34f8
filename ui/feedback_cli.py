"""The commands `summit feedback …`: what readers think of answers, taken out as questions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ui.files import write_whole
from ui.opening import settings_of_user

# Visitors' words may hold what ends a line for some readers, or what a terminal obeys.
_ESCAPED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}

app = typer.Typer(
    help="Take out what readers of the chat think of its answers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def feedback() -> None:
    """Take out what readers of the chat think of its answers."""


@app.command()
def export(
    out: Annotated[
        Path | None, typer.Argument(help="File to write; default: standard output.")
    ] = None,
) -> None:
    """Write the judged answers as questions, JSON Lines, for summit evaluate.

    Facts are left empty: fill in what a right answer has to state.
    """
    from assistant.feedback import Feedback

    settings = settings_of_user()
    judgements = Feedback(settings.data_dir, settings.database_url).judgements()
    lines = "".join(
        json.dumps(each.to_question(), ensure_ascii=False).translate(_ESCAPED) + "\n"
        for each in judgements
    )
    if out is None:
        sys.stdout.write(lines)
    else:
        write_whole(out, lines)
    if judgements:
        typer.echo(f"{len(judgements)} judged answers", err=True)
    else:
        typer.echo(
            "There is no feedback yet: the thumbs below answers in the chat give it.", err=True
        )
