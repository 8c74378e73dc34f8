"""The widget: the script for other sites, the chat that stands in its frame, and the demo page."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from assistant.origins import origins_pattern
from ui.admission import visitor_of
from ui.desk import Way
from ui.errors import LimitError, sentence
from ui.events import event, stream_events
from ui.pages import page, theme_of
from ui.render import render
from ui.texts import texts_for
from ui.turns import Asked, Failure, failed_value, turn_values

if TYPE_CHECKING:
    from assistant.conversations import Conversations
    from ui.desk import Desk

_SCRIPT = {
    "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_FRAME_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
)
_DEMO_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# What the chat's script imports, however deep: a browser that is told fetches all of it at once.
CHAT_MODULES = ("chat", "kept", "panel", "server", "shared", "turn", "verdict")
_POSITIONS = ("bottom-right", "bottom-left", "top-right", "top-left")


def widget(desk: Desk, conversations: Conversations) -> APIRouter:
    """Give the routes."""
    router = APIRouter(include_in_schema=False)
    origins = desk.settings.allowed_origins
    script = files("ui").joinpath("static/widget.js").read_bytes()

    @router.get("/widget.js")
    def widget_script() -> Response:
        return Response(script, media_type="text/javascript", headers=_SCRIPT)

    @router.get("/widget/chat")
    def frame(request: Request) -> Response:
        t, theme = texts_for(request), theme_of(request)
        allowed = origins_pattern(origins)
        html = render("frame.html", t, theme=theme, origins=allowed, modules=CHAT_MODULES)
        return HTMLResponse(html, headers=_frame_headers(origins))

    @router.post("/widget/questions")
    async def answer(asked: Asked, request: Request) -> Response:
        values = turn_values(desk, conversations, asked, Way.WIDGET)
        try:
            return await stream_events(desk.place(visitor_of(request)), map(event, values))
        except LimitError as error:
            headers = {"Retry-After": str(error.seconds)}
            return JSONResponse(
                failed_value(asked, Failure(sentence(error))), error.status, headers
            )

    @router.get("/widget/demo")
    def demo(request: Request) -> Response:
        return page(
            "demo.html",
            request,
            csp=_DEMO_CSP,
            positions=[(each, each) for each in _POSITIONS],
            allowed=origins,
            server=f"{request.url.scheme}://{request.url.netloc}",
        )

    return router


def _frame_headers(origins: tuple[str, ...]) -> dict[str, str]:
    """Give what lets the allowed sites, and no others, show the chat in a frame."""
    return {
        "Content-Security-Policy": " ".join((f"{_FRAME_CSP}'self'", *origins)),
        # So that sites which ask for it of all that they embed may show it, too.
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cache-Control": "no-cache",
    }
