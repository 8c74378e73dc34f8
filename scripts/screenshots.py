"""Takes the pictures of the documentation from a running server: `make docs`.

Each main state of the page is taken once, some on a phone or in the dark.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
_DESKTOP, _PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
_WHY = "Why did the UK not sign the Paris statement?"
_COMPARED = "Why did the UK and the US not sign the Paris statement?"
_NOWHERE = "Who won the chess world cup in 1950?"
_SITE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A museum</title>
<body style="margin: 0; font: 1.1rem/1.7 Georgia, serif; background: #f6f1e7; color: #2a2620">
<main style="max-width: 40rem; padding: 3rem 4rem"><h1>Ten years of summits</h1>
<p>From Bletchley Park to Paris: our exhibition follows the meetings at which governments and
companies talked about artificial intelligence, and what became of their promises.</p>
<p>Open Tuesday to Sunday, 10 to 18. Something you would like to know? Ask, in the corner below.</p>
</main><script src="/widget.js" defer data-color="#7a3b1d" data-title="Ask the archive"></script>"""


def take(browser: Browser, url: str) -> None:
    """Take every state."""
    page = _opened(browser, url)
    _shoot(page, "start")
    _ask(page, _WHY)
    _ask(page, "And the US?")
    _shoot(page, "answer")
    page.locator(".turn").last.locator(".marker").first.click()
    page.locator(".panel mark").first.wait_for()
    _shoot(page, "source")
    page.keyboard.press("Escape")
    link = page.get_by_role("link", name="Link").first.get_attribute("href")
    _ask(page, _NOWHERE)
    _shoot(page, "abstention")
    page.get_by_role("button", name="Menu").click()
    _shoot(page, "conversations")
    for name, path in (("documents", "/documents?topic=european-union"), ("timeline", "/timeline")):
        page.goto(url + path)
        _shoot(page, name)
    page.goto(f"{url}{link}")
    _shoot(page, "link")
    page.close()
    _take_widget(browser, url)
    page = _opened(browser, url, viewport=_PHONE, color_scheme="dark")
    _shoot(page, "start-phone-dark")
    _ask(page, _COMPARED)
    _shoot(page, "comparison-phone-dark")
    page.close()


def _take_widget(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport=_DESKTOP)
    page.goto(f"{url}/widget/demo")
    page.locator("summit-assistant .launcher").wait_for()
    _shoot(page, "widget-demo", full_page=True)
    page.route(f"{url}/museum", lambda route: route.fulfill(body=_SITE, content_type="text/html"))
    page.goto(f"{url}/museum")
    page.locator("summit-assistant .launcher").click()
    frame = page.frame_locator("summit-assistant iframe")
    box = frame.get_by_role("textbox", name="Your question")
    box.fill(_WHY)
    box.press("Enter")
    frame.locator(".chat[data-state=idle] .marker").first.click()
    frame.locator(".panel mark").first.wait_for()
    _shoot(page, "widget")
    page.close()


def _opened(browser: Browser, url: str, **options: Any) -> Page:
    page = browser.new_page(**{"viewport": _DESKTOP, **options})
    page.goto(url)
    page.locator(".chat[data-ready]").wait_for()
    return page


def _ask(page: Page, question: str) -> None:
    asked = page.locator(".turn").count()
    box = page.get_by_role("textbox", name="Your question")
    box.fill(question)
    box.press("Enter")
    page.locator(".turn").nth(asked).locator(".actions").wait_for()


def _shoot(page: Page, name: str, *, full_page: bool = False) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=full_page)


def main() -> None:
    """Serve the shipped documents from a folder of their own and take every picture."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as data:
        server = subprocess.Popen(
            [sys.executable, "-c", "from ui.cli import main; main()", "serve"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "SUMMIT_DATA_DIR": data, "SUMMIT_PORT": "0"},
        )
        assert server.stderr is not None
        url = next(line for line in server.stderr if "is ready: " in line)
        url = url.split("is ready: ")[1].split()[0]
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
            take(browser, url)
            browser.close()
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
