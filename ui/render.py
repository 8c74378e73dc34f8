"""Answer → HTML, pure; every text is escaped, and links lead only to a citation's own source."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.answer import BUILT_IN, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.answer import Answer, Citation, Statement

_STATES = {
    State.ANSWERED: "Quoted from the sources",
    State.PARTIAL: "Partly in the sources",
    State.NOT_FOUND: "Not in the sources",
    State.FALSE_PREMISE: "The question rests on something that the sources contradict",
}


def answer_html(answer: Answer, shown: int | None = None) -> str:
    """Give an answer with its sources; `shown` is how many statements to show while it streams."""
    statements = answer.statements[:shown]
    parts = [f'<p class="summit-text" dir="auto">{_statements(statements)}</p>']
    if shown is None or shown >= len(answer.statements):
        if answer.standalone_question != answer.question:
            parts.insert(0, _line("summit-read-as", f"Read as: {answer.standalone_question}"))
        state = _STATES[answer.state]
        if answer.answerer != BUILT_IN and answer.state is State.ANSWERED:
            state = f"Written by {answer.answerer}, checked against the sources"
        parts.append(_line(f"summit-state summit-{answer.state.value}", state))
        if answer.notice:
            parts.append(_line("summit-notice", answer.notice))
        parts.append(_list("Sources", answer.citations))
        parts.append(_list("Closest passages", answer.closest))
        parts.append(_suggestions(answer.suggestions))
    return f'<div class="summit-answer">{"".join(parts)}</div>'


def header_html(title: str, about: str) -> str:
    """Give the head of the page."""
    return f'<header class="summit-header"><h1>{escape(title)}</h1><p>{escape(about)}</p></header>'


def question_html(question: str) -> str:
    """Give a question as it was typed."""
    return f'<p class="summit-question" dir="auto">{escape(question)}</p>'


def message_html(message: str) -> str:
    """Give a plain message, such as what is wrong with a question."""
    return f'<div class="summit-answer">{_line("summit-notice", message)}</div>'


def _statements(statements: Iterable[Statement]) -> str:
    return " ".join(
        _marked(statement)
        + "".join(f'<sup class="summit-marker">[{marker}]</sup>' for marker in statement.markers)
        for statement in statements
    )


def _marked(statement: Statement) -> str:
    """Give a statement with the words that answer the question set off."""
    if not statement.direct:
        return escape(statement.text)
    start, end = statement.direct
    text = statement.text
    return f"{escape(text[:start])}<strong>{escape(text[start:end])}</strong>{escape(text[end:])}"


def _line(css_class: str, text: str) -> str:
    return f'<p class="{css_class}" dir="auto">{escape(text)}</p>'


def _list(title: str, citations: Iterable[Citation]) -> str:
    return _section("summit-sources", title, "ol", "".join(map(_citation, citations)))


def _suggestions(questions: Iterable[str]) -> str:
    items = "".join(f'<li dir="auto">{escape(each)}</li>' for each in questions)
    return _section("summit-suggestions", "You could ask", "ul", items)


def _section(css_class: str, title: str, tag: str, items: str) -> str:
    """Give a list under its title; nothing where it has no items."""
    if not items:
        return ""
    return (
        f'<section class="{css_class}" aria-label="{title}"><h3>{title}</h3>'
        f"<{tag}>{items}</{tag}></section>"
    )


def _citation(citation: Citation) -> str:
    origin = ", ".join(filter(None, (citation.publisher, citation.date)))
    link = ""
    if urlsplit(citation.url).scheme in {"http", "https"}:
        link = (
            f' · <a href="{escape(citation.url)}" target="_blank" '
            'rel="noopener noreferrer nofollow">source</a>'
        )
    return (
        f'<li value="{citation.marker}">'
        f'<blockquote dir="auto">{escape(citation.quote)}</blockquote>'
        f'<p dir="auto"><cite>{escape(citation.title)}</cite>'
        f"{f' · {escape(origin)}' if origin else ''}{link}</p></li>"
    )
