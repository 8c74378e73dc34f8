"""The index is brought up to date with the corpus folder, for whoever watches at a terminal."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.prompt import Confirm

from assistant.load import sync_corpus
from index.errors import IndexLossError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from assistant.settings import Settings
    from index.build import BuildReport
    from index.embedding import Embedder


def sync(
    settings: Settings,
    embedder: Embedder,
    terminal: Console,
    *,
    extra: tuple[str | Path, ...] = (),
    remove: tuple[str, ...] = (),
    rebuild: bool = False,
    allow_loss: bool = False,
    say: Callable[[str], None] | None = None,
) -> BuildReport:
    """Bring the index up to date, with a progress bar where there is something to do.

    What cannot be read is said in lines on the terminal, or by `say`. Whoever sits at the terminal
    is asked before many documents are removed.

    Raises:
        IndexLossError: many would be removed, and nobody was there to ask or agreed.
    """
    run = partial(_sync, settings, embedder, terminal, extra=extra, remove=remove, rebuild=rebuild)
    try:
        report = run(allow_loss=allow_loss)
    except IndexLossError as error:
        if not _agreed(terminal, error):
            raise
        report = run(allow_loss=True)
    for problem in report.problems:
        if say:
            say(problem)
        else:
            terminal.print(f"summit: {escape(problem)}")
    return report


def _agreed(terminal: Console, error: IndexLossError) -> bool:
    """Ask whether the documents are to be removed; nobody can agree without a terminal."""
    if not (terminal.is_terminal and sys.stdin.isatty()):
        return False
    question = f"{error.gone} of {error.total} documents have vanished from the folder. Remove them"
    return Confirm.ask(question, console=terminal, default=False)


def _sync(
    settings: Settings,
    embedder: Embedder,
    terminal: Console,
    *,
    extra: tuple[str | Path, ...],
    remove: tuple[str, ...],
    rebuild: bool,
    allow_loss: bool,
) -> BuildReport:
    progress = progress_bar(terminal)
    task = progress.add_task("Reading documents", total=None)

    def show(done: int, total: int) -> None:
        progress.start()
        progress.update(task, completed=done, total=total)

    try:
        return sync_corpus(
            settings,
            embedder,
            extra=extra,
            remove=remove,
            rebuild=rebuild,
            allow_loss=allow_loss,
            on_progress=show,
        )
    finally:
        if progress.live.is_started:
            progress.stop()


def progress_bar(terminal: Console) -> Progress:
    """Give a progress bar, which only shows where somebody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=terminal,
        transient=True,
        disable=not terminal.is_terminal,
    )


def summary(report: BuildReport) -> str:
    """Say in one line what was done."""
    counts = {
        "added": len(report.added),
        "replaced": len(report.replaced),
        "removed": len(report.removed),
        "unchanged": report.unchanged,
        "not readable": len(report.problems),
    }
    return "Documents: " + ", ".join(
        f"{number} {what}" for what, number in counts.items() if number
    )
