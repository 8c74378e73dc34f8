"""What is kept of conversations, by address: read, export, share, judge and delete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from assistant.errors import CommentError
from assistant.feedback import Verdict
from ui.errors import sentence
from ui.markdown import answer_markdown, conversation_markdown
from ui.pages import missing, page
from ui.render import answer_values
from ui.texts import texts_for

if TYPE_CHECKING:
    from assistant.answer import Answer, Citation
    from assistant.assistant import Assistant
    from assistant.conversations import Conversations
    from assistant.feedback import Feedback

_MARKDOWN = "text/markdown"
_NOTHING = 404
_TOO_LONG = 400


def keeping(assistant: Assistant, conversations: Conversations, feedback: Feedback) -> APIRouter:
    """Give the routes of conversations and answers."""
    router = APIRouter()
    router.include_router(_answers(assistant, conversations))
    router.include_router(_conversations(conversations))
    router.include_router(_verdicts(conversations, feedback))
    return router


def _answers(assistant: Assistant, conversations: Conversations) -> APIRouter:
    router = APIRouter(prefix="/answers")

    @router.get("/{answer_id}.md")
    def markdown(answer_id: str, request: Request) -> Response:
        kept = conversations.answer(answer_id)
        if not kept:
            return _missing_text()
        return PlainTextResponse(answer_markdown(kept, texts_for(request)), media_type=_MARKDOWN)

    @router.get("/{answer_id}.json")
    def as_json(answer_id: str) -> Response:
        kept = conversations.answer(answer_id)
        return _json(kept.to_dict(), f"answer-{answer_id}") if kept else _missing_text()

    @router.get("/{answer_id}")
    def answer(answer_id: str, request: Request) -> Response:
        kept = conversations.answer(answer_id)
        if not kept:
            return missing(request, "missing_answer", "/")
        quoted = [
            (citation, _standing(assistant, citation), around) for citation, around in kept.quoted()
        ]
        values = answer_values(kept.answer, texts_for(request), language_of(assistant, kept.answer))
        return page("kept.html", request, kept=kept, quoted=quoted, **values)

    return router


def _conversations(conversations: Conversations) -> APIRouter:
    router = APIRouter(prefix="/conversations")

    @router.get("/{conversation_id}.md")
    def markdown(conversation_id: str, request: Request) -> Response:
        turns = conversations.turns(conversation_id)
        if not turns:
            return _missing_text()
        return PlainTextResponse(
            conversation_markdown(turns, texts_for(request)),
            media_type=_MARKDOWN,
            headers=_attached(f"conversation-{turns[0].moment[:10]}.md"),
        )

    @router.get("/{conversation_id}.json")
    def as_json(conversation_id: str) -> Response:
        turns = conversations.turns(conversation_id)
        name = f"conversation-{turns[0].moment[:10]}" if turns else ""
        return _json([each.to_dict() for each in turns], name) if turns else _missing_text()

    @router.delete("/{conversation_id}")
    def delete(conversation_id: str) -> Response:
        deleted = conversations.delete(conversation_id)
        return Response(status_code=204) if deleted else _missing_text()

    return router


def _verdicts(conversations: Conversations, feedback: Feedback) -> APIRouter:
    router = APIRouter(prefix="/answers")

    @router.post("/{answer_id}/verdict")
    def judge(answer_id: str, verdict: Annotated[str, Body(embed=True)]) -> Response:
        if not verdict:
            feedback.withdraw(answer_id)
            return Response(status_code=204)
        kept = conversations.answer(answer_id)
        if not kept or verdict not in list(Verdict):
            return _missing_text()
        before = conversations.before(kept.conversation_id, answer_id)
        feedback.judge(answer_id, Verdict(verdict), kept.answer, before)
        return Response(status_code=204)

    @router.post("/{answer_id}/comment")
    def comment(answer_id: str, comment: Annotated[str, Body(embed=True)]) -> Response:
        try:
            kept = feedback.comment(answer_id, comment)
        except CommentError as error:
            return JSONResponse({"detail": sentence(error)}, _TOO_LONG)
        return Response(status_code=204) if kept else _missing_text()

    return router


def language_of(assistant: Assistant, answer: Answer) -> str:
    """Give the language of what an answer quotes, as far as its document is still there."""
    try:
        return assistant.document(answer.citations[0].document_id).language
    except (IndexError, KeyError):
        return ""


def _standing(assistant: Assistant, citation: Citation) -> str:
    """Say whether a document still says what was quoted: the key of a text."""
    try:
        text = assistant.document(citation.document_id).text
    except KeyError:
        return "removed"
    return "unchanged" if citation.quote in text else "changed"


def _json(content: object, name: str) -> Response:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    return Response(text, media_type="application/json", headers=_attached(f"{name}.json"))


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _missing_text() -> Response:
    return PlainTextResponse("There is nothing here.", status_code=_NOTHING)
