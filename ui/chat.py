"""The chat in the browser: a question in, the answer as it comes, its sources below."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.errors import QuestionError
from index.errors import IndexProblemError, ModelError
from ui.feedback import add_feedback, thumbs
from ui.render import answer_html, header_html, message_html, question_html
from ui.turns import Turn, Turns, history

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.feedback import Feedback

STARTERS = (
    "Why did the UK not sign the Paris statement?",
    "How many countries signed, and why do the counts differ?",
    "What is InvestAI?",
    "What did JD Vance say about regulation in Paris?",
    "Who pays for the 109 billion euros of investment in France?",
    "Where was the next AI summit held?",
)
_SUBJECT = "Ask about the AI Action Summit (Paris, February 2025)."
_FAILED = "Something went wrong on our side and the question was not answered. Please ask it again."
_WAITING = "Reading the documents…"
_SIMULTANEOUS = 8
_KEEP_SECONDS = 6 * 60 * 60
_log = logging.getLogger(__name__)


def build_chat(
    assistant: Assistant, feedback: Feedback, documents: int, *, starters: bool
) -> gr.Blocks:
    """Give the page; `documents` is how many there are, `starters` whether to offer questions."""
    about = _SUBJECT if starters else "Ask about the documents."
    page = gr.Blocks(title="Summit Assistant", analytics_enabled=False, fill_height=True)
    with page:
        gr.HTML(header_html("Summit Assistant", f"{about} {documents} documents, all cited."))
        turns = gr.State([], time_to_live=_KEEP_SECONDS)
        chatbot = gr.Chatbot(
            label="Conversation",
            show_label=False,
            autoscroll=False,
            render_markdown=False,
            buttons=[],
            layout="bubble",
            height="calc(100dvh - 210px)",
            min_height=320,
            feedback_options=["Like", "Dislike"],
            elem_classes="summit-chat",
            allow_file_downloads=False,
            examples=[{"text": question} for question in STARTERS] if starters else None,
        )
        add_feedback(feedback, turns, chatbot)
        box = gr.Textbox(
            placeholder="Ask a question",
            label="Your question",
            show_label=False,
            autofocus=True,
            submit_btn=True,
            max_lines=4,
            elem_classes="summit-question-box",
        )
        _wire(assistant, turns, chatbot, box)
    return page


def respond(assistant: Assistant, question: str, turns: Turns) -> Iterator[Turns]:
    """Give the conversation with the new turn in it as its answer grows."""
    for turn in _answer(assistant, question, turns):
        yield [*turns, turn]


def _wire(assistant: Assistant, turns: gr.State, chatbot: gr.Chatbot, box: gr.Textbox) -> None:
    """Say what happens on each event."""

    def shown(conversation: Turns, *, running: bool = False, **box: Any) -> tuple[Any, ...]:
        # Without a value, what stands in the box stays, so that one can type ahead.
        state = gr.Textbox(**box, submit_btn=not running, stop_btn=running)
        chat = gr.Chatbot(value=_messages(conversation), feedback_value=thumbs(conversation))
        return conversation, chat, state

    def ask(question: str, conversation: Turns) -> Iterator[tuple[Any, ...]]:
        answered = conversation
        waiting = [*conversation, Turn(question, message_html(_WAITING))]
        yield shown(waiting, running=True, value="")
        for answered in respond(assistant, question, conversation):
            yield shown(answered, running=True)
        yield shown(answered)

    def again(conversation: Turns) -> Iterator[tuple[Any, ...]]:
        yield from ask(conversation[-1].question, conversation[:-1])

    def example(conversation: Turns, chosen: gr.SelectData) -> Iterator[tuple[Any, ...]]:
        yield from ask(str(chosen.value["text"]), conversation)

    options: dict[str, Any] = {
        "outputs": [turns, chatbot, box],
        "api_visibility": "private",
        "concurrency_limit": _SIMULTANEOUS,
        "concurrency_id": "answers",
        "show_progress": "hidden",
    }
    running: Any = [
        box.submit(ask, [box, turns], **options),
        chatbot.retry(again, [turns], **options),
        chatbot.example_select(example, [turns], **options),
    ]
    box.stop(shown, [turns], cancels=running, **options)
    chatbot.undo(lambda kept: shown(kept[:-1], value=kept[-1].question), [turns], **options)
    chatbot.clear(lambda: shown([]), [], **options)


def _answer(assistant: Assistant, question: str, before: Turns) -> Iterator[Turn]:
    """Give the answer sentence by sentence, then whole with its sources."""
    try:
        answer = assistant.ask(question, history(before))
    except (QuestionError, IndexProblemError, ModelError) as error:
        yield Turn(question, message_html(str(error)[:1].upper() + str(error)[1:] + "."))
        return
    except Exception:  # noqa: BLE001 - the edge: visitors get a sentence, the log the story
        _log.exception("a question could not be answered")
        yield Turn(question, message_html(_FAILED))
        return
    for count in range(1, len(answer.statements)):
        yield Turn(question, answer_html(answer, count))
    yield Turn(question, answer_html(answer), answer)


def _messages(turns: Turns) -> list[Any]:
    """Give the conversation for the chatbot, all of it as HTML of ours.

    A plain string would be put into the page as HTML by Gradio 6.31, Markdown or not.
    """
    return [
        {"role": role, "content": gr.HTML(html, container=False, padding=False)}
        for turn in turns
        for role, html in (("user", question_html(turn.question)), ("assistant", turn.html))
    ]
