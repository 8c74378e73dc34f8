"""A question becomes a turn of a conversation: answered, kept, and given as HTML as it grows."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import QuestionError
from index.errors import IndexProblemError, ModelError
from ui.errors import sentence, unless_unusable
from ui.keeping import language_of
from ui.render import answer_html, render, spoken
from ui.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.answer import Answer
    from assistant.assistant import Assistant
    from assistant.conversations import Conversations, KeptAnswer
    from ui.desk import Desk, Way
    from ui.texts import Texts

_MAX_ID = 64
_log = logging.getLogger(__name__)


class Asked(BaseModel):
    """What the browser sends with a question; `key` is what it calls the turn."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    key: str = Field(max_length=_MAX_ID)
    question: str
    conversation: str = Field("", max_length=_MAX_ID)
    replaces: str = Field("", max_length=_MAX_ID)
    document: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: a message of its own, or else something that is not for visitors."""

    message: str = ""


def respond(
    desk: Desk,
    way: Way,
    question: str,
    before: Sequence[tuple[str, str]] = (),
    document: str = "",
) -> Iterator[Answer | Failure]:
    """Give the answer as it grows, or why there is none; never raises."""
    try:
        yield from desk.stream(desk.question(question, before, document), way)
    except (QuestionError, IndexProblemError, ModelError) as error:
        yield Failure(sentence(error))
    except Exception:  # noqa: BLE001 - the edge: visitors get a sentence, the log the story
        _log.exception("a question could not be answered")
        yield Failure()


def turn_values(
    desk: Desk, conversations: Conversations, asked: Asked, way: Way
) -> Iterator[dict[str, Any]]:
    """Give what the browser shows of a turn as it grows.

    The words come first; then, with the answer kept, what can be done with it; then what to ask
    next. Each value holds the whole turn, for the browser may see only the last of several.
    """
    t = texts(asked.language)
    find_before = partial(conversations.before, asked.conversation, asked.replaces)
    before: list[tuple[str, str]] = unless_unusable(find_before, [])
    kept, value = None, None
    for step in respond(desk, way, asked.question, before, asked.document):
        if isinstance(step, Failure):
            yield failed_value(asked, step)
            return
        if value is None:
            yield _value(asked, answer_html(step, t, key=asked.key, done=False))
            kept = unless_unusable(partial(_keep, desk.assistant, conversations, asked, step), None)
        elif kept:
            kept = unless_unusable(partial(conversations.suggest, kept, step.suggestions), kept)
        value = _whole(asked, step, kept, t, language_of(desk.assistant, step))
        yield value
    if value:
        yield {**value, "done": True}


def failed_value(asked: Asked, failure: Failure) -> dict[str, Any]:
    """Give what the browser shows of a turn that has no answer."""
    t = texts(asked.language)
    message = t.said(failure.message) if failure.message else t("failed")
    html = render("failed.html", t, message=message)
    value = _value(asked, html, whole=True, spoken=message)
    return {**value, "done": True, "failed": True, "answer": "", "conversation": ""}


def _keep(
    assistant: Assistant, conversations: Conversations, asked: Asked, answer: Answer
) -> KeptAnswer:
    """Keep an answer in the place of the one that it replaces."""
    if asked.replaces:
        conversations.take_back(asked.conversation, asked.replaces)
    documents = map(assistant.document, {each.document_id for each in answer.quoted})
    return conversations.add(asked.conversation, answer, documents, asked.document)


def _whole(
    asked: Asked, answer: Answer, kept: KeptAnswer | None, t: Texts, language: str
) -> dict[str, Any]:
    answer_id = kept.id if kept else ""
    html = answer_html(answer, t, key=asked.key, answer_id=answer_id, language=language)
    return {
        **_value(asked, html, whole=True, spoken=spoken(answer, t)),
        "answer": answer_id,
        "conversation": kept.conversation_id if kept else "",
        "question": answer.question,
        "state": answer.state.value,
        "sources": len(answer.citations),
    }


def _value(asked: Asked, html: str, *, whole: bool = False, spoken: str = "") -> dict[str, Any]:
    """Give a value: `whole` is whether the answer is all there, `done` whether nothing follows."""
    return {"key": asked.key, "html": html, "whole": whole, "done": False, "spoken": spoken}
