"""Thumbs on the answers and, once one is given, a box for a comment."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.errors import CommentError, FeedbackError
from assistant.feedback import MAX_COMMENT_CHARACTERS, Verdict
from ui.turns import Turns, history

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.feedback import Feedback
    from ui.turns import Turn

_NOT_KEPT = "Your feedback could not be kept. The answer is as it was."
_THANKS = "Thank you. Your comment was kept."
_ABOUT_CHARACTERS = 100
_THUMBS = {Verdict.UP: "Like", Verdict.DOWN: "Dislike", None: None}
# The box below takes room from the conversation a moment after the event.
_KEEP_THUMB_IN_SIGHT = (
    "() => setTimeout(() => document.activeElement.scrollIntoView({block: 'nearest'}), 150)"
)
_TO_QUESTION = "() => document.querySelector('.summit-question-box textarea').focus()"
_log = logging.getLogger(__name__)


def judge(feedback: Feedback, turns: Turns, index: object, liked: object) -> Turn | None:
    """Keep a thumb, or take it back where `liked` is an empty text; give the turn now judged.

    `index` and `liked` come from the browser and may be anything; what is no thumb on a whole
    answer of this conversation does nothing.

    Raises:
        FeedbackError: it cannot be kept.
    """
    if type(index) is not int or not 0 <= index < 2 * len(turns) or index % 2 == 0:
        return None
    position = index // 2
    turn = turns[position]
    if turn.answer is None:
        return None
    if liked == "":
        feedback.withdraw(turn.id)
        turn.verdict = None
    elif isinstance(liked, bool):
        verdict = Verdict.UP if liked else Verdict.DOWN
        feedback.judge(turn.id, verdict, turn.answer, history(turns[:position]))
        turn.verdict = verdict
    return turn if turn.verdict else None


def thumbs(turns: Iterable[Turn]) -> list[str | None]:
    """Give the thumb that stands on each turn, as the chatbot names it."""
    return [_THUMBS[turn.verdict] for turn in turns]


def add_feedback(feedback: Feedback, turns: gr.State, chatbot: gr.Chatbot) -> None:
    """Put the box for comments here and say what thumbs and comments do."""
    judged = gr.State("", time_to_live=turns.time_to_live)
    with gr.Row(visible=False, elem_classes="summit-feedback") as panel:
        box = gr.Textbox(
            label="What was right or wrong? (optional)",
            max_length=MAX_COMMENT_CHARACTERS,
            max_lines=3,
            scale=1,
        )
        button = gr.Button("Send comment", scale=0, min_width=140)

    def like(conversation: Turns, before: str, event: gr.LikeData) -> tuple[Any, ...]:
        try:
            turn = judge(feedback, conversation, event.index, event.liked)
        except FeedbackError as error:
            return _not_kept(error)
        if turn is None:
            return _closed()
        if turn.id == before:
            return gr.skip(), gr.skip(), gr.skip()  # a comment that is being written stays
        about = f"About: {turn.question[:_ABOUT_CHARACTERS]}"
        return turn.id, gr.Row(visible=True), gr.Textbox(value="", placeholder=about)

    def send(answer_id: str, comment: str | None) -> tuple[Any, ...]:
        try:
            kept = feedback.comment(answer_id, comment or "")
        except CommentError as error:
            gr.Warning(f"{str(error).capitalize()}.")
            return answer_id, gr.skip(), gr.skip()
        except FeedbackError as error:
            return _not_kept(error)
        if kept:
            gr.Info(_THANKS, duration=5)
        return _closed()

    options: dict[str, Any] = {
        "outputs": [judged, panel, box],
        "api_visibility": "private",
        "show_progress": "hidden",
    }
    chatbot.like(like, [turns, judged], **options).then(None, js=_KEEP_THUMB_IN_SIGHT)
    gr.on([box.submit, button.click], send, [judged, box], **options).then(None, js=_TO_QUESTION)
    gr.on([chatbot.retry, chatbot.undo, chatbot.clear], _closed, [], **options)


def _closed() -> tuple[Any, ...]:
    return "", gr.Row(visible=False), gr.Textbox(value="")


def _not_kept(error: FeedbackError) -> tuple[Any, ...]:
    _log.error("%s", error)
    gr.Warning(_NOT_KEPT)
    return _closed()
