"""What the browser tests share: a server as a user starts it, and the chat as a user sees it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import expect

# Chromium itself would ask its maker's hosts for updates and the like.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
UK = "Why did the UK not sign the Paris statement?"
NOWHERE = "Who won the chess world cup in 1950?"
# On a machine that does much else.
_READY_AFTER = 600  # seconds
_PATIENCE = 60_000  # milliseconds
DESKTOP, TABLET, PHONE = (1440, 900), (768, 1024), (390, 844)

# A server that looks up or connects to anything but this machine ends at once.
GUARDED = """
import os, socket
connect, look_up = socket.socket.connect, socket.getaddrinfo
def here(host):
    if host not in {None, "", "127.0.0.1", "::1", "localhost"}:
        os.write(2, f"asked for {host}".encode())
        os._exit(3)
def guarded_connect(self, address):
    here(address[0] if isinstance(address, tuple) else None)
    return connect(self, address)
def guarded_look_up(host, *arguments, **options):
    here(host)
    return look_up(host, *arguments, **options)
socket.socket.connect, socket.getaddrinfo = guarded_connect, guarded_look_up
from ui.cli import main
main()
"""


def start(data_dir, port=0, **environment):
    """Start a server in a process of its own; give it with its address once it is ready.

    Its `said` gives the lines that it has said so far.
    """
    variables = {k: v for k, v in os.environ.items() if not k.startswith("SUMMIT_")}
    # Not a pipe: a server would stand still when nobody reads what it says.
    log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
    process = subprocess.Popen(
        [sys.executable, "-c", GUARDED, "serve"],
        stderr=log,
        env={
            **variables,
            "SUMMIT_PORT": str(port),
            "SUMMIT_DATA_DIR": str(data_dir),
            # All tests are one visitor, who asks faster than anybody does.
            "SUMMIT_VISITOR_RATE": "10000",
            "SUMMIT_RATE": "10000",
            **environment,
        },
    )
    process.said = partial(_lines, log)
    deadline = time.monotonic() + _READY_AFTER
    while time.monotonic() < deadline:
        if found := re.search(r"is ready: (http://\S+)", "\n".join(process.said())):
            return process, found[1]
        assert process.poll() is None, f"the server ended before it was ready: {process.said()}"
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"the server was not ready in {_READY_AFTER} seconds")


def _lines(log):
    # The server goes on writing where the file stands, so that must not move.
    return os.pread(log.fileno(), os.fstat(log.fileno()).st_size, 0).decode().splitlines()


def stop(process):
    process.terminate()
    assert process.wait(20) in {0, -15}


@contextmanager
def served(data_dir, **environment):
    process, address = start(data_dir, **environment)
    try:
        yield address
    finally:
        stop(process)


def launched(playwright):
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


def opened(browser, address, size=DESKTOP, **options):
    """Open the chat and wait until it can be used; the page remembers what went wrong."""
    page = browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)), **options)
    page.requested, page.complaints = [], []
    page.on("request", lambda made: page.requested.append(made.url))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(address)
    ready(page)
    return page


def ready(page):
    expect(page.locator(".chat[data-ready]")).to_be_attached(timeout=_PATIENCE)


def question_box(page):
    return page.get_by_role("textbox", name="Your question")


def ask(page, question):
    """Ask and wait for the whole answer; give its turn."""
    send(page, question)
    return answered(page)


def send(page, question):
    box = question_box(page)
    box.fill(question)
    box.press("Enter")


def answered(page):
    expect(page.locator(".chat[data-state=idle]")).to_be_attached(timeout=_PATIENCE)
    turn = last_turn(page)
    expect(turn.get_by_role("button", name="Edit question")).to_be_visible(timeout=_PATIENCE)
    return turn


def last_turn(page):
    return page.locator(".turn:not([hidden])").last


def text_of(turn):
    return turn.locator(".text").inner_text()


class Site:
    """A website of somebody else's: its pages are set by a test, as HTML and headers."""

    def __init__(self):
        self.pages = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                html, headers = outer.pages.get(self.path.split("?")[0], ("", None))
                self.send_response(404 if headers is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        # Not the same site as 127.0.0.1, so that browsers take the assistant for a third party.
        self.origin = f"http://localhost:{self.port}"
        self.near = f"http://127.0.0.1:{self.port}"

    def show(self, body, path="/", *, near=False, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        page = f"<!doctype html><html lang=en><title>A site</title><body>{body}"
        self.pages[path] = (page, named)
        return (self.near if near else self.origin) + path


@contextmanager
def a_site():
    site = Site()
    threading.Thread(target=site.server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()
