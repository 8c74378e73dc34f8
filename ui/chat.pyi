"""The chat in the browser: a question in, the answer as it comes, its sources below."""

from __future__ import annotations

import logging
from html import escape, unescape
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.errors import QuestionError
from index.errors import IndexProblemError, ModelError
from ui.render import answer_html, message_html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.assistant import Assistant

STARTERS = (
    "Why did the UK not sign the Paris statement?",
    "How many countries signed, and why do the counts differ?",
    "What is InvestAI?",
    "What did JD Vance say about regulation in Paris?",
    "Who pays for the 109 billion euros of investment in France?",
    "Where was the next AI summit held?",
)
_FAILED = "Something went wrong on our side and the question was not answered. Please ask it again."
_log = logging.getLogger(__name__)

from gradio.events import Dependency

class TextChatbot(gr.Chatbot):
    """A chatbot that shows what is typed as the text it is.

    Gradio 6.31 puts it into the page as HTML even where Markdown is switched off, and so loads
    the images that it names; here it goes out escaped and comes back as it was.
    """

    is_template = True

    def preprocess(self, payload: Any) -> list[Any]:
        """Give the conversation as it was typed."""
        messages: list[Any] = super().preprocess(payload)
        for message in messages:
            for part in message["content"]:
                if "text" in part:
                    part["text"] = unescape(part["text"])
        return messages

    def postprocess(self, value: Any) -> Any:
        """Give the conversation as it may stand in a page."""
        data = super().postprocess(value)
        for message in data.root:
            for part in message.content:
                if hasattr(part, "text"):
                    part.text = escape(part.text)
        return data
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


def build_chat(assistant: Assistant, documents: int, *, starters: bool) -> gr.Blocks:
    """Give the page; `documents` is how many there are, `starters` whether to offer questions."""

    def respond(message: str, history: list[dict[str, Any]]) -> Iterator[gr.HTML]:
        yield from map(_message, _respond(assistant, message, history))

    return gr.ChatInterface(
        respond,
        title="Summit Assistant",
        description=(
            f"Ask about the AI Action Summit (Paris, February 2025). {documents} documents; "
            "every sentence is quoted from one of them."
            if starters
            else f"Ask about these {documents} documents; every sentence is quoted from one."
        ),
        chatbot=TextChatbot(
            label="Conversation",
            show_label=False,
            autoscroll=False,
            render_markdown=False,
            sanitize_html=True,
            buttons=[],
            layout="bubble",
            height="calc(100dvh - 210px)",
            min_height=320,
            feedback_options=None,
            allow_file_downloads=False,
        ),
        textbox=gr.Textbox(
            placeholder="Ask a question",
            label="Your question",
            show_label=False,
            autofocus=True,
            submit_btn=True,
            stop_btn=True,
            max_lines=4,
        ),
        examples=list(STARTERS) if starters else None,
        cache_examples=False,
        flagging_mode="never",
        analytics_enabled=False,
        api_visibility="private",
    )


def _respond(assistant: Assistant, message: str, history: list[dict[str, Any]]) -> Iterator[str]:
    """Give the HTML of the answer sentence by sentence, then whole with its sources."""
    try:
        answer = assistant.ask(message, _pairs(history))
    except (QuestionError, IndexProblemError, ModelError) as error:
        yield message_html(str(error)[:1].upper() + str(error)[1:] + ".")
        return
    except Exception:  # noqa: BLE001 - the edge: visitors get a sentence, the log the story
        _log.exception("a question could not be answered")
        yield message_html(_FAILED)
        return
    for shown in range(1, len(answer.statements)):
        yield answer_html(answer, shown)
    yield answer_html(answer)


def _message(html: str) -> gr.HTML:
    return gr.HTML(html, container=False, padding=False)


def _pairs(history: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Give the questions asked so far; what was answered is not taken from the browser."""
    return [(_text(turn["content"]), "") for turn in history if turn.get("role") == "user"]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(_text(part) for part in content)
    return str(content.get("text", "")) if isinstance(content, dict) else ""