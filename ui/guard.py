"""What stands before every route: who may reach it, from where, and what browsers are told.

Each speaks ASGI itself: Starlette's helper would pass each piece of a stream through a task.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware

from assistant.origins import origins_pattern
from ui.problems import problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.settings import Settings

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
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PROGRAMS = ("/api/", "/v1/", "/mcp")
_OPEN_TO_ALL = {"/api/health", "/api/ready", "/api/openapi.json", "/api/docs"}
MOST_BYTES = 1_000_000  # of a request: a question with a long conversation before it
_MCP_HEADERS = ("Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name")
_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
TOKEN_NEEDED = "Send one of the tokens of SUMMIT_API_TOKENS: Authorization: Bearer TOKEN."  # noqa: S105
_WRONG_HOST = (
    "This server is for its own machine: open it as http://127.0.0.1 or http://localhost with its "
    "port. Behind a proxy or tunnel, name that in SUMMIT_TRUSTED_PROXIES."
)
_TOO_LARGE = f"The request is larger than {MOST_BYTES:,} bytes; send a shorter conversation."


def protect(app: FastAPI, settings: Settings, page_headers: Mapping[str, str]) -> None:
    """Put the guards up; `page_headers` go with the page of the chat."""
    # The one that is added last stands in front.
    if settings.api_tokens:
        tokens = [each.get_secret_value() for each in settings.api_tokens]
        app.add_middleware(Gate, tokens=tokens)
    app.add_middleware(Cors, origins=settings.allowed_origins)
    # It counts what comes; what is announced to be too large is refused by the guard before it.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MOST_BYTES)
    hosts = _LOOPBACK if _for_this_machine(settings) else None
    app.add_middleware(Guard, hosts=hosts, page_headers=page_headers)


def _for_this_machine(settings: Settings) -> bool:
    """Whether nobody else should come: a page elsewhere could, by a name that leads here."""
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    return own in _LOOPBACK and not settings.trusted_proxies


class Guard:
    """Refuses what is for another name or too large, and adds what browsers are to be told."""

    def __init__(
        self, app: ASGIApp, hosts: set[str] | None, page_headers: Mapping[str, str]
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._page_headers = page_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                more = self._page_headers if path == "/" else {}
                for name, value in {**_HEADERS, **more}.items():
                    headers.setdefault(name, value)
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        path, headers = scope["path"], Headers(scope=scope)
        host = re.sub(r":\d+$", "", headers.get("host", "").lower())
        if self._hosts is not None and host not in self._hosts:
            return _refused(421, _WRONG_HOST, path)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > MOST_BYTES:
            return _refused(413, _TOO_LARGE, path)
        return None


def _refused(status: int, reason: str, path: str) -> ASGIApp:
    """Say no to a program as a problem, and to others in plain words."""
    if path.startswith(_PROGRAMS):
        return problem(status, reason, path)
    return PlainTextResponse(reason, status_code=status)


class Cors:
    """Lets scripts of the allowed sites use the programs' routes, and those of no other any."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._allowed = re.compile(origins_pattern(origins)) if origins else None
        self._others = CORSMiddleware(app, allow_origins=[])
        self._programs = CORSMiddleware(
            app,
            allow_origin_regex=origins_pattern(origins) if origins else None,
            allow_methods=["GET", "POST"],
            allow_headers=["Accept", "Authorization", "Content-Type", *_MCP_HEADERS],
            expose_headers=["Retry-After"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        for_programs = scope["type"] == "http" and scope["path"].startswith(_PROGRAMS)
        if for_programs and scope["path"].startswith("/mcp") and self._foreign(scope):
            refusal = problem(
                403,
                "Pages of this site may not ask here; whoever runs the server can name it in "
                "SUMMIT_ALLOWED_ORIGINS.",
            )
            await refusal(scope, receive, send)
            return
        await (self._programs if for_programs else self._others)(scope, receive, send)

    def _foreign(self, scope: Scope) -> bool:
        """Whether a page asks that is of another site and not of an allowed one, as MCP forbids."""
        headers = Headers(scope=scope)
        origin = headers.get("origin", "").lower()
        own = urlsplit(origin).netloc == headers.get("host", "").lower()
        allowed = self._allowed is not None and self._allowed.fullmatch(origin)
        return bool(origin) and not own and not allowed


class Gate:
    """Asks programs for their token; visitors of the pages need none."""

    def __init__(self, app: ASGIApp, tokens: list[str]) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.startswith(_PROGRAMS) or path in _OPEN_TO_ALL:
            await self._app(scope, receive, send)
            return
        program = program_of(scope, self._tokens)
        if program:
            scope.setdefault("state", {})["program"] = program
            await self._app(scope, receive, send)
            return
        refusal = problem(
            401,
            TOKEN_NEEDED,
            path,
            headers={"WWW-Authenticate": "Bearer"},
        )
        await refusal(scope, receive, send)


def program_of(scope: Scope, tokens: Sequence[str]) -> str:
    """Name the program whose token comes with a request; an empty string where none does."""
    kind, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
    found = [
        number
        for number, token in enumerate(tokens, start=1)
        if hmac.compare_digest(token.encode(), given.strip().encode())
    ]
    return f"program {found[0]}" if found and kind.lower() == "bearer" else ""
