"""What is shown, as HTML: templates that escape every text, filled in here and nowhere else."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import AnyHttpUrl, ValidationError

from assistant.answer import BUILT_IN, State
from assistant.feedback import MAX_COMMENT_CHARACTERS
from ui.library import digest
from ui.texts import LANGUAGES, texts

if TYPE_CHECKING:
    from assistant.answer import Answer, Citation
    from assistant.feedback import Verdict
    from ui.texts import Texts

_STATES = {
    State.ANSWERED: "quoted",
    State.PARTIAL: "partial",
    State.NOT_FOUND: "not_found",
    State.FALSE_PREMISE: "false_premise",
}


def render(template: str, t: Texts, **values: Any) -> Markup:
    """Fill in a template; a value that it asks for and does not get raises UndefinedError."""
    languages = [texts(each) for each in LANGUAGES]
    return Markup(_templates().get_template(template).render(t=t, languages=languages, **values))  # noqa: S704 - autoescaped


def load_templates() -> None:
    """Compile every template, so that no visitor waits for it."""
    for each in _templates().list_templates():
        _templates().get_template(each)


def answer_html(
    answer: Answer,
    t: Texts,
    *,
    key: str,
    answer_id: str = "",
    done: bool = True,
    verdict: Verdict | None = None,
    language: str = "",
) -> Markup:
    """Give an answer with its sources, as the chat shows it.

    `key` tells it from the others on the page, `answer_id` is what it is kept under, if it is,
    `done` whether anything can be done with it yet, and `language` that of its text.
    """
    return render(
        "answer.html",
        t,
        key=key,
        id=answer_id,
        done=done,
        verdict=verdict,
        max_comment=MAX_COMMENT_CHARACTERS,
        **answer_values(answer, t, language),
    )


def answer_values(answer: Answer, t: Texts, language: str = "") -> dict[str, Any]:
    """Give what the parts of an answer ask for."""
    return {
        "answer": answer,
        "by_marker": {citation.marker: citation for citation in answer.citations},
        "state": state(answer, t),
        "notice": t.said(answer.notice),
        "language": language,
    }


def state(answer: Answer, t: Texts) -> str:
    """Say how far the sources bear an answer out."""
    if answer.answerer != BUILT_IN and answer.state is State.ANSWERED:
        return t("checked", answerer=answer.answerer)
    return t(_STATES[answer.state])


def spoken(answer: Answer, t: Texts) -> str:
    """Give what a screen reader says once an answer is there: whole sentences, no markers."""
    compared = [f"{name}: {statement.text}" for name, own in answer.comparison for statement in own]
    text = " ".join((*compared, *(each.text for each in answer.beside)))
    if answer.state is State.NOT_FOUND:
        text = t("not_answered")
    count = len(answer.citations)
    sources = t("spoken_sources" if count else "spoken_no_sources", count=count)
    return t("spoken", state=state(answer, t), text=text, sources=sources).strip()


def web_address(url: str) -> str:
    """Give an address of the web that browsers follow; an empty text for whatever else it is."""
    try:
        AnyHttpUrl(url)
    except ValidationError:
        return ""
    return url


def citation_address(citation: Citation) -> str:
    """Give where a document is read with the quotation highlighted, wherever it stands by then."""
    at = {"start": citation.start, "end": citation.end, "quote": digest(citation.quote)}
    return f"/documents/{quote(citation.document_id, safe='')}?{urlencode(at)}#quotation"


@lru_cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("ui"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["web"] = web_address
    environment.filters["address"] = citation_address
    return environment
