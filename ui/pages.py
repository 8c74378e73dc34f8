"""The pages beside the chat: the documents, one of them with its quotation, and the timeline.

Plain HTML without scripts, so that they need no `unsafe-inline` and work in every browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from ui.library import Wish, blocks, locate
from ui.render import render
from ui.texts import LANGUAGES, texts_for

if TYPE_CHECKING:
    from ui.library import Library

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)
_MOST_DIGITS = 9
_YEAR_SECONDS = 365 * 24 * 60 * 60
_THEMES = ("light", "dark")


def pages(library: Library) -> APIRouter:
    """Give the routes of the pages about the documents."""
    router = APIRouter()

    @router.get("/documents")
    def documents(request: Request) -> Response:
        asked = request.query_params
        wish = Wish(*(asked.get(name, "") for name in ("q", "topic", "publisher", "from", "to")))
        cards = library.cards(wish)
        return page("documents.html", request, wish=wish, cards=cards, library=library)

    @router.get("/documents/{document_id}")
    def document(document_id: str, request: Request) -> Response:
        try:
            found = library.document(document_id)
        except KeyError:
            return missing(request, "missing_document", "/documents")
        asked = request.query_params
        at = (_number(asked.get("start", "")), _number(asked.get("end", "")))
        if quoted := asked.get("quote", ""):
            at = locate(found.text, *at, quoted) or (0, 0)
        changed = bool(quoted) and at == (0, 0)
        lines = blocks(found, *at)
        return page("document.html", request, document=found, blocks=lines, changed=changed)

    @router.get("/timeline")
    def timeline(request: Request) -> Response:
        return page("timeline.html", request, months=library.by_month())

    return router


def theme_of(request: Request) -> str:
    """Give the theme that a visitor chose, or the address asks for; an empty text for neither."""
    asked = request.query_params.get("theme", ""), request.cookies.get("theme", "")
    return next((each for each in asked if each in _THEMES), "")


def page(
    template: str, request: Request, status: int = 200, csp: str = _CSP, **values: Any
) -> HTMLResponse:
    """Give a page in the visitor's language; a language that its address asks for is kept."""
    t = texts_for(request)
    others = [(name, value) for name, value in request.query_params.items() if name != "lang"]
    html = render(
        template,
        t,
        theme=theme_of(request),
        query=f"{urlencode(others)}&" if others else "",
        **values,
    )
    response = HTMLResponse(html, status, {"Content-Security-Policy": csp})
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie("lang", t.language, max_age=_YEAR_SECONDS, samesite="lax")
    return response


def missing(request: Request, what: str, way_out: str) -> HTMLResponse:
    """Say that something is not there, and where to go instead."""
    return page("missing.html", request, status=404, what=what, way_out=way_out)


def _number(text: str) -> int:
    """Give an offset from an address; 0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else 0
