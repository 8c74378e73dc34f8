"""The web server: mounts the chat and puts up what guards it."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders

from assistant.errors import StorageError
from ui.chat import build_chat
from ui.errors import ServerError
from ui.front import front
from ui.keeping import keeping
from ui.library import Library
from ui.pages import pages
from ui.render import load_templates
from ui.texts import texts_for

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.assistant import Assistant
    from assistant.conversations import Conversations
    from assistant.feedback import Feedback

# Gradio's page has inline scripts and styles, and compiles its templates, so these stay allowed;
# nothing of another host is, and no other site may frame the page.
_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Visitors need neither to upload nor to have the server fetch files, so these routes are closed.
_CLOSED = ("/gradio_api/upload", "/gradio_api/file", "/gradio_api/proxy", "/gradio_api/stream")
_FONTS = ["system-ui", "sans-serif"]
_MONO = ["ui-monospace", "monospace"]
_log = logging.getLogger(__name__)
_HEAD = """
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/ui/style.css">
<link rel="stylesheet" href="/ui/chat.css">
<script src="/ui/theme.js"></script>
"""
# Gradio puts the head in by script, late; with these what the chat needs is there by then.
_MODULES = ("chat", "kept", "panel", "server", "shared", "turn", "verdict")
_STYLES = ("style", "chat")
_PRELOADS = ", ".join(
    (
        *(f"</ui/{each}.css>; rel=preload; as=style" for each in _STYLES),
        *(f"</ui/{each}.js>; rel=modulepreload" for each in _MODULES),
    )
)


def build_app(
    assistant: Assistant, conversations: Conversations, feedback: Feedback, *, shipped: bool
) -> FastAPI:
    """Give the whole web application; `shipped` is whether the documents are the product's own."""
    mounted: FastAPI = gr.mount_gradio_app(
        build_routes(assistant, conversations, feedback, shipped=shipped),
        build_chat(assistant, conversations),
        path="/",
        theme=gr.themes.Soft(font=_FONTS, font_mono=_MONO),
        head=_HEAD,
        footer_links=[],
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
    )
    return mounted


def build_routes(
    assistant: Assistant, conversations: Conversations, feedback: Feedback, *, shipped: bool
) -> FastAPI:
    """Give all that is served beside the Gradio page, guarded as that is."""
    load_templates()
    app = FastAPI(title="Summit Assistant", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(Guard)

    @app.exception_handler(StorageError)
    def unavailable(request: Request, error: StorageError) -> Response:
        _log.error("%s", error)
        return PlainTextResponse(f"{texts_for(request)('unavailable')}.", status_code=503)

    library = Library(assistant)
    app.include_router(pages(library))
    app.include_router(keeping(assistant, conversations, feedback))
    app.include_router(front(assistant, library, conversations, feedback, shipped=shipped))
    app.mount("/ui", _Files(packages=[("ui", "static")]))
    return app


class Guard:
    """Closes what visitors do not need, and adds what browsers are to be told, to every answer.

    It speaks ASGI itself: Starlette's helper would pass each piece of a stream through a task.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if path.startswith(_CLOSED):
            closed = PlainTextResponse("There is nothing here.", status_code=404)
            await closed(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if path == "/":
                    headers["Link"] = _PRELOADS
            await send(message)

        await self._app(scope, receive, guarded)


class _Files(StaticFiles):
    # Without the header browsers would go on with scripts of an earlier version for days.
    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Serve until interrupted, on the socket that `listen` opened."""
    # Open pages hold their event streams open, so the wait for them has an end.
    config = uvicorn.Config(
        app, log_level="warning", server_header=False, timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything slow is done.

    Raises:
        ServerError: it is in use or not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise ServerError(
            f"{host}:{port} cannot be listened on ({(error.strerror or 'error').lower()}); "
            "set another port, for instance: SUMMIT_PORT=7861"
        ) from error
    return listener
