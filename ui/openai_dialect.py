"""The way in for clients of OpenAI's API: chat completions, whole or in chunks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from assistant.answer import State
from assistant.errors import QuestionError
from ui.admission import visitor_of
from ui.api import TheDesk  # noqa: TC001 - FastAPI reads the annotations when it runs
from ui.desk import Way
from ui.documented import failures
from ui.events import event, stream_events
from ui.openai_contract import (
    MODEL,
    Annotation,
    ChatRequest,
    Choice,
    Completion,
    Message,
    Model,
    Models,
    Reply,
    UrlCitation,
)
from ui.problems import problem_of
from ui.render import citation_address, web_address
from ui.texts import texts_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.answer import Answer, Citation, Statement
    from assistant.question import Question
    from ui.desk import Desk
    from ui.texts import Texts

_CHUNKS = "One chat.completion.chunk an event, a sentence in each, then [DONE]; an object with an "
_EVENTS: dict[str, Any] = {
    "text/event-stream": {
        "schema": {"type": "string", "description": _CHUNKS + "error where something fails."},
        "example": 'data: {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": '
        '{"content": "It was too vague. [1]"}, "finish_reason": null}]}\n\ndata: [DONE]\n\n',
    }
}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer in words, sentence by sentence, and where in them its citations are."""

    pieces: tuple[str, ...]
    annotations: tuple[Annotation, ...]


def openai_routes() -> APIRouter:
    """Give the routes."""
    router = APIRouter(prefix="/v1", tags=["OpenAI"])

    @router.get("/models")
    def models() -> Models:
        """List the one model that there is."""
        return Models(data=[Model()])

    @router.post(
        "/chat/completions",
        response_model=Completion,
        responses={200: {"content": _EVENTS}, **failures(400, 413, 429, 503)},
    )
    async def chat_completion(asked: ChatRequest, request: Request, desk: TheDesk) -> Response:
        """Answer the last question of a conversation, for clients of OpenAI's API."""
        question = desk.question(*read_messages(asked.messages))
        place = desk.place(visitor_of(request))
        telling = _Telling(texts_for(request), str(request.base_url).rstrip("/"))
        if asked.stream:
            return await stream_events(place, telling.chunks(desk, question))
        async with place:
            answer = await run_in_threadpool(_answer, desk, question)
        return JSONResponse(telling.completion(answer).model_dump(mode="json"))

    return router


def read_messages(messages: Sequence[Message]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Give the last question of a user, and the (question, answer) pairs before it.

    Raises:
        QuestionError: no user says anything.
    """
    turns: list[tuple[str, str]] = []
    for each in messages:
        if each.role == "user":
            turns.append((each.text, ""))
        elif each.role == "assistant" and turns:
            question, answer = turns[-1]
            turns[-1] = question, f"{answer}\n{each.text}".strip()
    if not turns:
        raise QuestionError("no message is of a user; send the question as the last one")
    return turns[-1][0], tuple(turns[:-1])


def say(answer: Answer, t: Texts, base: str) -> Said:
    """Put an answer into words, with its citations; `base` is the address of this server."""
    by_marker = {citation.marker: citation for citation in answer.citations}
    pieces, annotations = [], []
    length = 0
    for text, statement in _sentences(answer, t):
        if statement:
            begin = length + len(text) - len(str(statement)) + len(statement.text) + 1
            cited = [by_marker[marker] for marker in statement.markers]
            annotations += list(_annotations(cited, begin, base))
        pieces.append(text)
        length += len(text)
    return Said(tuple(pieces), tuple(annotations))


class _Telling:
    # One completion, in the form that OpenAI's clients read.
    def __init__(self, t: Texts, base: str) -> None:
        self._t = t
        self._base = base
        self._id = f"chatcmpl-{uuid4().hex}"
        self._created = int(time.time())

    def completion(self, answer: Answer) -> Completion:
        said = say(answer, self._t, self._base)
        reply = Reply(content="".join(said.pieces), annotations=list(said.annotations))
        return Completion(
            id=self._id, created=self._created, model=MODEL, choices=[Choice(message=reply)]
        )

    def chunks(self, desk: Desk, question: Question) -> Iterator[bytes]:
        try:
            said = say(_answer(desk, question), self._t, self._base)
        except Exception as error:  # noqa: BLE001 - the edge: clients get a sentence, the log the story
            yield event(problem_of(error).to_openai())
            return
        yield self._chunk({"role": "assistant", "content": ""})
        *pieces, last = said.pieces or ("",)
        for each in pieces:
            yield self._chunk({"content": each})
        annotations = [each.model_dump(mode="json") for each in said.annotations]
        yield self._chunk({"content": last, "annotations": annotations})
        yield self._chunk({}, "stop")
        yield format_sse_event(data_str="[DONE]")

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return event(
            {
                "id": self._id,
                "object": "chat.completion.chunk",
                "created": self._created,
                "model": MODEL,
                "choices": [choice],
            }
        )


def _answer(desk: Desk, question: Question) -> Answer:
    """Give the answer without questions to go on with, for which there is no place."""
    return next(desk.stream(question, Way.OPENAI))


def _sentences(answer: Answer, t: Texts) -> Iterator[tuple[str, Statement | None]]:
    """Give what is said, each with the statement that it ends with."""
    if answer.state is State.NOT_FOUND:
        yield t("not_answered"), None
        titles = dict.fromkeys(each.title for each in answer.closest)
        if titles:
            yield f"\n\n{t('closest')}: {'; '.join(titles)}", None
    else:
        lead = f"{t('false_premise')}. " if answer.state is State.FALSE_PREMISE else ""
        for each in answer.statements:
            yield f"{lead}{each}", each
            lead = " "
    if answer.notice:
        yield f"\n\n{t.said(answer.notice)}", None


def _annotations(cited: Sequence[Citation], begin: int, base: str) -> Iterator[Annotation]:
    """Give the citations whose markers stand one after the other from `begin` on."""
    for each in cited:
        end = begin + len(f"[{each.marker}]")
        yield Annotation(
            url_citation=UrlCitation(
                start_index=begin,
                end_index=end,
                title=each.title,
                url=f"{base}{citation_address(each)}",
                quote=each.quote,
                document_id=each.document_id,
                source_url=web_address(each.url),
            )
        )
        begin = end
