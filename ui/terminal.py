"""Answer → terminal; what documents and models say is never taken as mark-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.answer import Answer, Citation, Statement


def print_answer(console: Console, answer: Answer) -> None:
    """Print the answer with its markers, then its sources by number."""
    if answer.standalone_question != answer.question:
        console.print(f"[dim]Read as: {escape(answer.standalone_question)}[/dim]")
    console.print(" ".join(map(_statement, answer.statements)))
    if answer.notice:
        console.print(f"[italic]{escape(answer.notice)}[/italic]")
    _print_citations(console, "Sources", answer.citations)
    _print_citations(console, "Closest passages", answer.closest)
    if answer.suggestions:
        console.print("\n[bold]You could ask[/bold]")
        for each in answer.suggestions:
            console.print(f"- {escape(each)}")
    console.print()


def _statement(statement: Statement) -> str:
    """Give a statement with its markers, the words that answer the question in bold."""
    if not statement.direct:
        return escape(str(statement))
    start, end = statement.direct
    text = str(statement)
    return f"{escape(text[:start])}[bold]{escape(text[start:end])}[/bold]{escape(text[end:])}"


def _print_citations(console: Console, title: str, citations: tuple[Citation, ...]) -> None:
    if not citations:
        return
    console.print(f"\n[bold]{title}[/bold]")
    for each in citations:
        origin = ", ".join(filter(None, (each.publisher, each.date)))
        console.print(escape(f"[{each.marker}] {each.title}" + (f" ({origin})" if origin else "")))
        if each.url:
            console.print(f"    [dim]{escape(each.url)}[/dim]", soft_wrap=True)
