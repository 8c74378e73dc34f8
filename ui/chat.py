"""The chat in the browser: questions come as events of Gradio, answers go back as they grow.

The page is one `gr.HTML` component. Its markup is made on the server, in `ui/templates`; what
happens in it is told in `ui/static`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import ValidationError
from starlette.concurrency import iterate_in_threadpool

from ui.admission import visitor_of
from ui.desk import Way
from ui.errors import LimitError, sentence
from ui.turns import Asked, Failure, failed_value, turn_values

if TYPE_CHECKING:
    from assistant.conversations import Conversations
    from ui.desk import Desk

_START = "import('/ui/gradio.js').then((chat) => chat.start(element, trigger, watch, props))"


def build_chat(desk: Desk, conversations: Conversations) -> gr.Blocks:
    """Give the page that asks at a desk and keeps what is answered."""
    page = gr.Blocks(title="Summit Assistant", analytics_enabled=False, fill_width=True)

    def asked_by(request: gr.Request) -> str:
        return visitor_of(request.request) if request.request else ""

    async def asked(event: gr.EventData, request: gr.Request) -> AsyncIterator[str]:
        try:
            question = Asked.model_validate(event._data)  # noqa: SLF001 - gradio has no other way
        except ValidationError:
            return
        try:
            async with desk.place(asked_by(request)):
                values = turn_values(desk, conversations, question, Way.CHAT)
                async for value in iterate_in_threadpool(values):
                    yield json.dumps(value, ensure_ascii=False)
        except LimitError as error:
            yield json.dumps(failed_value(question, Failure(sentence(error))), ensure_ascii=False)

    with page:
        # The template stays as it is: what stands in one is run as a script by Gradio.
        chat = gr.HTML(
            html_template='<div class="summit chat"></div>',
            js_on_load=_START,
            apply_default_css=False,
            elem_classes="summit-frame",
        )
        options: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        # The desk lets in as many at once as the settings say.
        answering = chat.submit(
            asked, outputs=chat, trigger_mode="multiple", concurrency_limit=None, **options
        )
        chat.stop(None, cancels=[answering], **options)
    return page
