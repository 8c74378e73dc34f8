"""What the page of the chat sends to Gradio, and nothing else.

Gradio answers what it does not expect with a failure of the server and a trace in the log. So its
routes that the page does not use are closed, and what the page never sends is refused in a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field, ValidationError

if TYPE_CHECKING:
    import gradio as gr
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_GRADIO = "/gradio_api/"
_JOIN, _DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"
_USED = (_JOIN, _DATA, "/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/app_id")
_HEARTBEAT = "/gradio_api/heartbeat/"
_NOTHING = PlainTextResponse("There is nothing here.", status_code=404)
_NO_CALL = PlainTextResponse(
    "The chat's page sends no such thing; programs ask at /api/ask.", status_code=422
)


class _Call(BaseModel):
    """An event of the chat; what it asks, `event_data`, is looked at where it is answered."""

    fn_index: int
    session_hash: str = Field(min_length=1, max_length=64)
    data: list[Any] = Field(max_length=0)
    trigger_id: int | None = None
    batched: Literal[False] | None = False


class Calls:
    """Stands before Gradio's own routes."""

    def __init__(self, app: ASGIApp, page: gr.Blocks) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if not self._is_there(request):
            await _NOTHING(scope, receive, send)
            return
        if scope["path"] != _JOIN or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = await request.body()
        if self._is_of_the_page(body):
            await self._app(scope, _again(body, receive), send)
        else:
            await _NO_CALL(scope, receive, send)

    def _is_there(self, request: Request) -> bool:
        path = request.scope["path"]
        if path.startswith(_GRADIO) and path not in _USED and not path.startswith(_HEARTBEAT):
            return False
        if path == _DATA:
            # Whoever reads on after the server was started anew has no session any more.
            session = request.query_params.get("session_hash", "")
            return session in self._page._queue.pending_messages_per_session  # noqa: SLF001 - gradio has no other way
        return not request.query_params.get("page")

    def _is_of_the_page(self, body: bytes) -> bool:
        try:
            call = _Call.model_validate_json(body)
        except ValidationError:
            return False
        called = self._page.fns.get(call.fn_index)
        return called is not None and called.fn is not None


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more, and then what else comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received
