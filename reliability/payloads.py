"""Sends script payloads and naughty strings everywhere, in a real browser; says what came of it.

Prints one JSON object; exit code 1 where a promise is not kept. Files of strings to try besides can
be named: texts with one a line, or JSON lists.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))
sys.path.append(str(HERE))

import uvicorn
from browser import ask, launched
from fakes import Shelf, a_citation, a_desk, an_answer
from markdown_it import MarkdownIt
from payloads import naughty, scripts
from playwright.sync_api import sync_playwright
from strings import read_strings

from assistant.answer import Statement
from assistant.conversations import Conversations
from assistant.feedback import Feedback
from corpus.document import Document, Section, Source
from corpus.text import storable
from ui.server import build_app, listen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from playwright.sync_api import Browser, Page

    from assistant.answer import Answer
    from assistant.question import Question

BATCH = 600
_CHATS = ("", "widget/chat")
# What a script of a payload would do leaves a trace.
_TRAPS = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => window.ran.push(name);
"""
_FORBIDDEN = (
    "form,input,textarea,button,iframe,frame,style,img,svg,math,object,embed,video,audio,source,base,"
    "meta,link,script,template,marquee,xss,details,dialog,[style],[srcdoc],[autofocus]"
)
_LOOK = """() => ({
    ran: window.ran,
    nodes: [...document.querySelectorAll("FORBIDDEN")].map(each => each.localName).sort(),
    handlers: [...document.querySelectorAll("main *, .chat *")].flatMap(
        each => [...each.attributes].filter(one => one.name.startsWith("on")).map(one => one.name)),
    links: [...document.querySelectorAll("main a, .chat a")].map(
        each => each.protocol).filter(each => !["http:", "https:", "blob:"].includes(each)),
})""".replace("FORBIDDEN", _FORBIDDEN)


class Echo(Shelf):
    """Answers with the strings it was given, as statements, titles, publishers and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: Sequence[str] = ()

    def give(self, strings: Sequence[str]) -> None:
        """Take the strings that the next answers and the document are made of."""
        # Halves of characters come in questions alone: no document keeps them.
        self.strings = strings = [storable(each) for each in strings]
        text = "\n\n".join(strings).strip() or "Nothing."
        first = strings[0]
        self.shelf = {
            "d": Document(
                "d",
                first,
                text,
                (Section(first, 0, len(text)),),
                publisher=first,
                url=strings[-1],
                topics=tuple(strings[:3]),
                sources=tuple(Source("k", *[each] * 4) for each in strings[:20]),
            )
        }

    def stream(self, question: Question) -> Iterator[Answer]:
        """Answer."""
        yield an_answer(
            question=question.text,
            standalone_question=f"{question.text} ",
            statements=tuple(Statement(each, (1,)) for each in self.strings),
            citations=tuple(
                a_citation(marker=n, title=each, publisher=each, date=each, url=each, quote=each)
                for n, each in enumerate(self.strings, start=1)
            ),
            suggestions=tuple(self.strings[:3]),
        )

    def invoke(self, question: Question) -> Answer:
        """Answer at once."""
        *_, last = self.stream(question)
        return last


@contextmanager
def served(folder: Path) -> Iterator[tuple[Echo, str]]:
    """Serve an assistant that echoes; give it and its address."""
    echo = Echo()
    echo.give(["An owl."])
    desk = a_desk(echo, visitor_rate=100_000, rate=100_000)
    app = build_app(desk, Conversations(folder), Feedback(folder), shipped=False)
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield echo, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


class Visit:
    """Shows strings everywhere a visitor can see them, and remembers what should not have been."""

    def __init__(self, browser: Browser, address: str, echo: Echo) -> None:
        self.faults: list[str] = []
        self.shown = 0
        self._browser, self._address, self._echo = browser, address, echo
        self._usual: dict[str, list[str]] = {}

    def show(self, strings: Sequence[str]) -> None:
        """Show strings in the chat, the frame, the shared link, the document and the exports."""
        if not self._usual:
            self._usual["every"] = []
            self._everywhere([f"owl {number}" for number in range(len(strings))], usual=True)
        self._everywhere(strings)
        self.shown += len(strings)

    def _everywhere(self, strings: Sequence[str], *, usual: bool = False) -> None:
        self._echo.give(strings)
        question = " ".join(filter(str.strip, self._echo.strings))[:1_900]
        answer_id = ""
        for place in _CHATS:
            page = self._opened(place)
            turn = ask(page, question)
            answer_id = turn.get_attribute("data-answer") or answer_id
            self._look(page, place or "chat", usual=usual)
            page.close()
        for place in (f"answers/{answer_id}", "documents", "documents/d", "timeline"):
            page = self._opened(place)
            self._look(page, place.replace(answer_id, "ID"), usual=usual)
            if place.startswith("answers/"):
                self._exports(page, answer_id)
            page.close()

    def _opened(self, place: str) -> Page:
        page = self._browser.new_page()
        page.add_init_script(_TRAPS)
        page.on(
            "dialog", lambda dialog: (self.faults.append(f"{place}: a dialog"), dialog.dismiss())
        )
        page.on("request", lambda made: self._requested(place, made.url))
        page.on("response", lambda got: self._answered(place, got.status, got.url))
        response = page.goto(f"{self._address}/{place}")
        if response is None or not response.ok:
            self.faults.append(f"{place.partition('/')[0]}: no page")
        if place in _CHATS:
            page.locator(".chat[data-ready]").wait_for(state="attached")
        return page

    def _requested(self, place: str, url: str) -> None:
        if not url.startswith((self._address, "data:", "blob:")):
            self.faults.append(f"{place}: a request to {url}")

    def _answered(self, place: str, status: int, url: str) -> None:
        if status >= 500:
            self.faults.append(f"{place}: {status} from {url}")

    def _look(self, page: Page, place: str, *, usual: bool) -> None:
        page.wait_for_timeout(100)
        seen: dict[str, Any] = page.evaluate(_LOOK)
        if usual:
            self._usual[place] = seen["nodes"]
        for what in ("ran", "handlers", "links"):
            self.faults += [f"{place}: {what}: {each}" for each in seen[what]]
        more = list(seen["nodes"])
        for each in self._usual[place]:
            if each in more:
                more.remove(each)
        self.faults += [f"{place}: a node that content made: {each}" for each in more]

    def _exports(self, page: Page, answer_id: str) -> None:
        for ending in ("md", "json"):
            got = page.request.get(f"{self._address}/answers/{answer_id}.{ending}")
            if got.status != 200 or "html" in got.headers["content-type"]:
                self.faults.append(f"export: {got.status} {got.headers['content-type']}")
            if ending == "md":
                self.faults += markdown_faults(got.text())


def markdown_faults(text: str) -> Iterator[str]:
    """Say what a Markdown viewer would make of an export that it should not."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    for token in (child for each in tokens for child in (each, *(each.children or ()))):
        if token.type in {"html_block", "html_inline", "image", "code_block", "fence"}:
            yield f"export: {token.type}: {token.content[:60]}"
        if token.type == "link_open" and token.markup != "autolink":
            yield f"export: a link to {token.attrs['href']}"


def programs_faults(address: str, strings: Iterable[str], page: Page) -> Iterator[str]:
    """Say where a program gets a failure of the server for a question."""
    for each in strings:
        body = json.dumps({"question": each})
        headers = {"Content-Type": "application/json"}
        got = page.request.post(f"{address}/api/ask", data=body, headers=headers)
        if got.status >= 500 or "html" in got.headers["content-type"]:
            yield f"api: {got.status} for {each!r}"


def figures(strings: Sequence[str], folder: Path) -> dict[str, object]:
    """Show every string and send each as a question."""
    with served(folder) as (echo, address), sync_playwright() as playwright:
        browser = launched(playwright)
        visit = Visit(browser, address, echo)
        for start in range(0, len(strings), BATCH):
            visit.show(strings[start : start + BATCH])
        echo.give(["An owl."])
        faults = visit.faults + list(programs_faults(address, strings, browser.new_page()))
        browser.close()
    return {"strings": visit.shown, "faults": faults}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=read_strings, metavar="FILE")
    every = [*scripts(), *naughty(), *chain(*parser.parse_args().files)]
    with tempfile.TemporaryDirectory() as place:
        found = figures(every, Path(place))
    print(json.dumps(found, indent=2))
    sys.exit(bool(found["faults"]))
