"""Measures the two ways to show the chat in the widget's frame: Gradio's page, and ours.

Prints one Markdown table of weight, time and load; `--write` also puts it into docs/benchmarks.md.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

import httpx
from page import DOCS, Others, print_report, processor
from playwright.sync_api import sync_playwright
from speed import TIME_WORDS, address_when_ready, environment, summit

from assistant.evaluation.questions import DEV_QUESTIONS, read_questions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PAGE = DOCS / "benchmarks.md"
_OPENED = 7
_ASKED = 20
_AT_ONCE = 100
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


class Measured(NamedTuple):
    """What was measured of one page."""

    kilobytes: float
    requests: int
    painted: float
    usable: float
    words: float
    at_once: list[float]


def measure(data_dir: Path) -> str:
    """Start a server whose limits are out of the way, and measure both pages of it."""
    others = Others()
    # What was asked is remembered, so each page is asked other questions.
    halves = questions()[::2], questions()[1::2]
    unlimited = dict.fromkeys(("RATE", "VISITOR_RATE", "VISITOR_SIMULTANEOUS", "QUEUE"), "100000")
    limits = {f"SUMMIT_{name}": value for name, value in unlimited.items()}
    with subprocess.Popen(
        [summit(), "serve"],
        env={**environment(data_dir), **limits},
        cwd=data_dir,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            address = address_when_ready(server)
            with sync_playwright() as playwright:
                path = shutil.which("chromium")
                options = ["--no-sandbox", "--disable-gpu"]
                browser = playwright.chromium.launch(executable_path=path, args=options)
                pages = [
                    measure_page(browser, address + path, asked)
                    for path, asked in zip(("/", "/widget/chat"), halves, strict=True)
                ]
                browser.close()
            gradio, ours = (
                page._replace(at_once=asyncio.run(ask_all(address, ask, asked)))
                for page, ask, asked in zip(pages, (ask_gradio, ask_stream), halves, strict=True)
            )
        finally:
            server.kill()
    return f"{table(gradio, ours)}\n\n{processor()}; {others.said()}."


def measure_page(browser: Browser, address: str, asked: list[str]) -> Measured:
    """Open a page again and again in a new browser profile, then ask in it."""
    opened = [open_page(browser, address) for _ in range(_OPENED)]
    page = browser.new_page()
    page.goto(address)
    page.locator(".chat[data-ready]").wait_for()
    words = []
    for each in asked[:_ASKED]:
        words.append(page.evaluate(TIME_WORDS, each))
        page.locator(".chat[data-state=idle]").wait_for()
    page.close()
    kilobytes, requests, painted, usable = map(statistics.median, zip(*opened, strict=True))
    return Measured(kilobytes, int(requests), painted, usable, statistics.median(words), [])


def questions() -> list[str]:
    """Give the questions to tune on that stand alone."""
    return [each.question for each in read_questions([DEV_QUESTIONS]) if not each.history]


def open_page(browser: Browser, address: str) -> tuple[float, int, float, float]:
    """Give kilobytes received, requests, and milliseconds until painted and until usable."""
    context = browser.new_context()
    page = context.new_page()
    received, requests = [], []
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.on("request", lambda made: requests.append(made.url))
    began = time.perf_counter()
    page.goto(address)
    page.locator(".chat[data-ready]").wait_for()
    usable = 1000 * (time.perf_counter() - began)
    painted = wait_painted(page)
    context.close()
    return sum(received) / 1000, len(requests), painted, usable


def wait_painted(page: Page) -> float:
    """Give when the browser first painted something, in milliseconds after it set out."""
    page.wait_for_function(_PAINTED)
    return float(page.evaluate(_PAINTED))


async def ask_all(
    address: str, ask: Callable[[httpx.AsyncClient, str], Awaitable[None]], asked: list[str]
) -> list[float]:
    """Ask many questions at once; give the seconds that each took."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=address, timeout=300, limits=limits) as client:

        async def timed(question: str) -> float:
            began = time.perf_counter()
            await ask(client, question)
            return time.perf_counter() - began

        return await asyncio.gather(*map(timed, (2 * asked)[:_AT_ONCE]))


async def ask_stream(client: httpx.AsyncClient, question: str) -> None:
    """Ask as the frame does, until the whole answer is there."""
    asked = {"key": "k", "question": question}
    async with client.stream("POST", "/widget/questions", json=asked) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("data: ") and json.loads(line[6:])["whole"]:
                return


async def ask_gradio(client: httpx.AsyncClient, question: str) -> None:
    """Ask as Gradio's page does, until the whole answer is there."""
    session = os.urandom(6).hex()
    asked = {"key": "k", "question": question}
    joined = await client.post(
        "/gradio_api/queue/join",
        json={"data": [], "event_data": asked, "fn_index": 0, "session_hash": session},
    )
    joined.raise_for_status()
    path = "/gradio_api/queue/data"
    async with client.stream("GET", path, params={"session_hash": session}) as answer:
        async for line in answer.aiter_lines():
            if '"msg": "process_completed"' in line or '"msg":"process_completed"' in line:
                return
            if '\\"whole\\": true' in line or '\\"whole\\":true' in line:
                return
    raise RuntimeError("Gradio's stream ended without an answer")


def table(gradio: Measured, ours: Measured) -> str:
    """Give both as a Markdown table."""
    rows = [
        ("Received until it can be used", "{:,.0f} kB", gradio.kilobytes, ours.kilobytes),
        ("Requests until then", "{:.0f}", gradio.requests, ours.requests),
        ("First paint", "{:.0f} ms", gradio.painted, ours.painted),
        ("Until it can be used", "{:.0f} ms", gradio.usable, ours.usable),
        (f"First words of an answer, {_ASKED} questions", "{:.0f} ms", gradio.words, ours.words),
        *(
            (f"{_AT_ONCE} questions at once: {name}", "{:.1f} s", of(gradio), of(ours))
            for name, of in (
                ("median", lambda each: statistics.median(each.at_once)),
                ("95th percentile", lambda each: statistics.quantiles(each.at_once, n=20)[-1]),
            )
        ),
    ]
    lines = ["| Median | Gradio's page | The frame's own |", "| --- | ---: | ---: |"]
    lines += [f"| {what} | {form.format(a)} | {form.format(b)} |" for what, form, a, b in rows]
    policy = "| Content-Security-Policy of scripts | `'unsafe-inline' 'unsafe-eval'` | `'self'` |"
    return "\n".join([*lines, policy])


if __name__ == "__main__":
    print_report(__doc__ or "", PAGE, "widget", measure)
