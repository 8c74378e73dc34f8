"""What the chat begins with: what it knows, questions to begin with, the conversation so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from ui.errors import unless_unusable
from ui.keeping import language_of
from ui.render import answer_html, render
from ui.texts import texts_for

if TYPE_CHECKING:
    from markupsafe import Markup

    from assistant.assistant import Assistant
    from assistant.conversations import Conversations, KeptAnswer
    from assistant.feedback import Feedback
    from corpus.document import Document
    from ui.desk import Desk
    from ui.library import Library
    from ui.texts import Texts


def front(
    desk: Desk,
    library: Library,
    conversations: Conversations,
    feedback: Feedback,
    *,
    shipped: bool,
) -> APIRouter:
    """Give the routes; `shipped` is whether the documents are those of the summit."""
    router = APIRouter()
    assistant = desk.assistant

    @router.get("/chat")
    def chat(request: Request, conversation: str = "", document: str = "") -> Response:
        t = texts_for(request)
        kept, notice = _kept(conversations, conversation, t)
        html = render(
            "chat.html",
            t,
            about=t("about_summit" if shipped else "about_documents"),
            knows=_knows(assistant.document_count(), library.newest(), t),
            starters=[] if kept or document else assistant.starters(),
            notice=notice,
            document=_document(assistant, document),
            turns=[
                _turn(assistant, feedback, each, number, t)
                for number, each in enumerate(kept, start=1)
            ],
            max_question=desk.settings.max_question,
        )
        return HTMLResponse(html)

    return router


def _knows(count: int, newest: str, t: Texts) -> str:
    return t("knows" if newest else "knows_undated", count=count, newest=newest)


def _document(assistant: Assistant, document_id: str) -> Document | None:
    try:
        return assistant.document(document_id)
    except KeyError:
        return None


def _kept(
    conversations: Conversations, conversation_id: str, t: Texts
) -> tuple[list[KeptAnswer], str]:
    """Give a conversation, or why there is none."""
    if not conversation_id:
        return [], ""
    kept = unless_unusable(lambda: conversations.turns(conversation_id), None)
    if kept is None:
        return [], f"{t('unavailable')}."
    return kept, "" if kept else t("conversation_gone")


def _turn(
    assistant: Assistant, feedback: Feedback, kept: KeptAnswer, number: int, t: Texts
) -> Markup:
    """Give a turn of a conversation as the chat showed it."""
    html = answer_html(
        kept.answer,
        t,
        key=kept.id,
        answer_id=kept.id,
        verdict=unless_unusable(lambda: feedback.verdict(kept.id), None),
        language=language_of(assistant, kept.answer),
    )
    question = kept.answer.question
    return render(
        "turn.html", t, key=kept.id, id=kept.id, number=number, question=question, html=html
    )
