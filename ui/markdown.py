"""Answers as Markdown, to be pasted or kept; whatever they quote stays text and is never markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.answer import State
from ui.render import state, web_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.answer import Answer, Citation, Statement
    from assistant.conversations import KeptAnswer
    from ui.texts import Texts

# What CommonMark and the common dialects of it read as markup anywhere, and at the line's start.
_ANYWHERE = re.compile(r"([\\`*_\[\]<>|~&#!$:@^{}]|(?<=www)\.)")
_AT_START = re.compile(r"^(\d+(?=[.)])|(?=[-+=]))(.)")


def answer_markdown(kept: KeptAnswer, t: Texts) -> str:
    """Give one answer with its citations."""
    answer = kept.answer
    lines = [f"## {_text(answer.question)}"]
    if answer.standalone_question != answer.question:
        lines.append(f"{t('read_as')} {_text(answer.standalone_question)}")
    lines += [_said(answer, t), f"*{_text(state(answer, t))}.*"]
    if answer.notice:
        lines.append(_text(t.said(answer.notice)))
    for title, citations in (("sources", answer.citations), ("closest", answer.closest)):
        if citations:
            lines += [f"### {t(title)}", *map(_citation, citations)]
    return "\n\n".join(lines) + "\n"


def conversation_markdown(turns: Iterable[KeptAnswer], t: Texts) -> str:
    """Give a whole conversation."""
    return f"# {t('conversation')}\n\n" + "\n".join(answer_markdown(each, t) for each in turns)


def _said(answer: Answer, t: Texts) -> str:
    if answer.state is State.NOT_FOUND:
        return t("not_answered")
    rows = answer.comparison
    if not rows:
        return _marked(answer.statements)
    table = [f"| {t('what_of')} | {t('sources_say')} |", "| --- | --- |"]
    table += [f"| {_text(name)} | {_marked(statements)} |" for name, statements in rows]
    others = _marked(answer.beside)
    return "\n".join(table) + (f"\n\n{others}" if others else "")


def _marked(statements: Iterable[Statement]) -> str:
    return " ".join(
        _text(each.text) + "".join(rf" \[{marker}\]" for marker in each.markers)
        for each in statements
    )


def _citation(citation: Citation) -> str:
    about = ", ".join(filter(None, map(_text, (citation.publisher, citation.date))))
    url = re.sub(r"[\s<>]", "", web_address(citation.url))
    parts = (f"**{_text(citation.title)}**", about, url and f"<{url}>")
    origin = " · ".join(filter(None, parts))
    return f"{citation.marker}. {origin}\n\n   > {_text(citation.quote)}"


def _text(text: str) -> str:
    """Give a text in one line that Markdown shows as it is."""
    folded = " ".join(text.split())
    return _AT_START.sub(r"\1\\\2", _ANYWHERE.sub(r"\\\1", folded))
