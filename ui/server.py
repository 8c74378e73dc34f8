"""The web server: mounts the chat and puts up what guards it."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any, cast

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.routing import Route

from assistant.errors import StorageError
from ui.calls import Calls
from ui.chat import build_chat
from ui.errors import ServerError
from ui.front import front
from ui.guard import MOST_BYTES, protect
from ui.keeping import keeping
from ui.library import Library
from ui.mcp_server import build_mcp, mcp_routes
from ui.metrics import metrics
from ui.pages import pages
from ui.problems import handle_problems
from ui.programs import NO_TELEMETRY, PLACES, programs, staff
from ui.render import load_templates
from ui.texts import texts_for
from ui.widget import CHAT_MODULES, widget

if TYPE_CHECKING:
    from types import FrameType

    from starlette.routing import Mount

    from assistant.conversations import Conversations
    from assistant.feedback import Feedback
    from ui.desk import Desk

_COMPRESSION = 6  # of 9: more takes longer and saves next to nothing
_STREAMS_END = 2  # seconds
_TICK = 0.05  # seconds between looks at whether to wait no longer
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
_MODULES = ("gradio", *CHAT_MODULES)
_STYLES = ("style", "chat")
_PRELOADS = ", ".join(
    (
        *(f"</ui/{each}.css>; rel=preload; as=style" for each in _STYLES),
        *(f"</ui/{each}.js>; rel=modulepreload" for each in _MODULES),
    )
)


def build_app(
    desk: Desk, conversations: Conversations, feedback: Feedback, *, shipped: bool
) -> FastAPI:
    """Give the whole web application; `shipped` is whether the documents are the product's own."""
    page = build_chat(desk, conversations)
    mounted: FastAPI = gr.mount_gradio_app(
        build_routes(desk, conversations, feedback, shipped=shipped),
        page,
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
    mount = cast("Mount", mounted.routes[-1])
    mount.app = Calls(mount.app, page)
    return mounted


def build_routes(
    desk: Desk, conversations: Conversations, feedback: Feedback, *, shipped: bool
) -> FastAPI:
    """Give all that is served beside the Gradio page, guarded as that is."""
    load_templates()
    mcp = build_mcp(desk, MOST_BYTES)
    app = FastAPI(
        title="Summit Assistant",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lambda _: mcp.run(),
        telemetry=NO_TELEMETRY,
    )
    app.add_middleware(GZipMiddleware, compresslevel=_COMPRESSION)
    protect(app, desk.settings, {"Link": _PRELOADS})
    handle_problems(app)

    @app.exception_handler(StorageError)
    def unavailable(request: Request, error: StorageError) -> Response:
        _log.error("%s", error)
        return PlainTextResponse(f"{texts_for(request)('unavailable')}.", status_code=503)

    library = Library(desk.assistant)
    app.include_router(metrics(desk))
    app.include_router(pages(library))
    app.include_router(keeping(desk.assistant, conversations, feedback))
    app.include_router(widget(desk, conversations))
    for_programs = staff(programs(desk.settings), desk, library)
    app.router.routes += [Route(place, for_programs) for place in PLACES]
    app.include_router(front(desk, library, conversations, feedback, shipped=shipped))
    app.router.routes.extend(mcp_routes(mcp))
    app.mount("/ui", _Files(packages=[("ui", "static")]))
    return app


class _Files(StaticFiles):
    # Without the header browsers would go on with scripts of an earlier version for days.
    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def serve(app: FastAPI, listener: socket.socket, desk: Desk) -> bool:
    """Serve until interrupted, on the socket that `listen` opened; say if no answer was cut off."""
    proxies = list(desk.settings.trusted_proxies)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        # Open pages hold their event streams open, so the wait for them has an end.
        timeout_graceful_shutdown=_STREAMS_END,
    )
    server = _Server(config, desk)
    server.run(sockets=[listener])
    return not server.cut_off


class _Server(uvicorn.Server):
    # The answers in progress are given first; new questions are told to come back.
    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk
        self.cut_off = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Whichever signal comes again ends the wait; and having been told to stop is no failure.
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        admission = self._desk.admission
        closing = asyncio.create_task(admission.close(self._desk.settings.grace))
        while not closing.done() and not self.force_exit:  # noqa: ASYNC110 - a signal sets it
            await asyncio.sleep(_TICK)
        closing.cancel()
        self.cut_off = admission.answering + admission.waiting
        # What goes on in a thread cannot be stopped, and waiting for it would have no end.
        self.force_exit |= bool(self.cut_off)
        await super().shutdown(sockets)


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
