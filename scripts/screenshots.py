"""Takes the pictures of the documentation from a running server: `make docs`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
_SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
_QUESTION = "Why did the UK not sign the Paris statement?"


def take(browser: Browser, url: str) -> None:
    """Take the first sight and an answer, at both sizes."""
    for name, (width, height) in _SIZES.items():
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(url)
        box = page.get_by_role("textbox", name="Your question")
        box.wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / f"start-{name}.png")
        box.fill(_QUESTION)
        box.press("Enter")
        page.locator(".turn .sources").last.wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / f"answer-{name}.png")
        page.close()


def main() -> None:
    """Serve the shipped documents from a folder of their own and take every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
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
