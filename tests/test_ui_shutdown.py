import signal
import threading
import time
from contextlib import contextmanager, suppress

import httpx
import pytest
from browser import UK, start
from fakes import ChatServer

pytestmark = pytest.mark.slow

PYTHON_ENDS = 8  # seconds, on a slow machine: it takes its libraries apart
WRITTEN = "The United Kingdom refused to sign the leaders' statement."
STOPS = pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["told", "ctrl-c"])


class SlowModel:
    """A chat model that says when it was asked, and waits until it may answer."""

    def __init__(self):
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, body):
        self.asked.set()
        self.may_answer.wait(60)
        return f"{WRITTEN} [1]"


@contextmanager
def serving(shipped, grace):
    """Give a server with a slow model behind it; both are gone in the end."""
    model = SlowModel()
    with ChatServer(model) as chat:
        process, address = start(
            shipped.data_dir,
            SUMMIT_MODEL="openai:slow",
            SUMMIT_GRACE=str(grace),
            OPENAI_BASE_URL=chat.url,
            OPENAI_API_KEY="none",
        )
        try:
            yield process, address, model
        finally:
            model.may_answer.set()
            process.kill()
            process.wait(10)


def ask(address):
    arguments = {"name": "ask_summit", "arguments": {"question": UK}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}
    headers = {"Accept": "application/json, text/event-stream"}
    response = httpx.post(f"{address}/mcp", json=call, headers=headers, timeout=60)
    return response.json()["result"]


@contextmanager
def asked_meanwhile(address, model):
    """Ask in a thread; give the list that the result comes into, once the model is asked."""
    results = []

    def run():
        with suppress(httpx.HTTPError, ValueError):  # cut off: no answer, or half of one
            results.append(ask(address))

    thread = threading.Thread(target=run)
    thread.start()
    assert model.asked.wait(20)
    yield results
    thread.join(20)


def ended(process, seconds):
    began = time.monotonic()
    code = process.wait(seconds)
    return code, time.monotonic() - began


@STOPS
def test_an_answer_in_progress_is_given_and_new_questions_are_told_to_come_back(shipped, stop):
    with serving(shipped, grace=30) as (process, address, model):
        with asked_meanwhile(address, model) as results:
            process.send_signal(stop)
            time.sleep(0.5)
            refusal = ask(address)
            assert refusal["isError"]
            assert "The server is stopping; ask again in 30 s" in refusal["content"][0]["text"]
            refusal = httpx.post(f"{address}/api/ask", json={"question": UK})
            assert (refusal.status_code, refusal.headers["retry-after"]) == (503, "30")
            assert httpx.get(f"{address}/api/ready").status_code == 503
            assert httpx.get(f"{address}/api/health").status_code == 200
            assert process.poll() is None
            model.may_answer.set()
            assert ended(process, 20)[0] == 0
        [answered] = results
        assert answered["structuredContent"]["answer"] == f"{WRITTEN} [1]"
        assert "Traceback" not in "\n".join(process.said())


def test_the_server_waits_no_longer_than_it_was_given(shipped):
    with (
        serving(shipped, grace=1) as (process, address, model),
        asked_meanwhile(address, model),
    ):
        process.terminate()
        code, seconds = ended(process, 20)
        assert code == 1
        assert 1 <= seconds < 6


@STOPS
def test_a_second_signal_ends_the_server_at_once(shipped, stop):
    with (
        serving(shipped, grace=60) as (process, address, model),
        asked_meanwhile(address, model),
    ):
        process.send_signal(stop)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(stop)
        assert ended(process, 10)[1] < 3


def test_a_server_that_nobody_asks_ends_at_once_and_well(shipped):
    with serving(shipped, grace=60) as (process, address, _):
        httpx.get(f"{address}/api/health")
        process.terminate()
        code, seconds = ended(process, 20)
        assert code == 0
        assert seconds < PYTHON_ENDS


def test_pages_that_are_open_do_not_hold_the_server_up(shipped):
    with serving(shipped, grace=60) as (process, address, _):
        stream = f"{address}/gradio_api/heartbeat/anyone"
        with httpx.stream("GET", stream, timeout=20) as page:
            assert page.status_code == 200
            process.terminate()
            code, seconds = ended(process, 20)
        assert code == 0
        assert seconds < 2 + PYTHON_ENDS
        assert "Traceback" not in "\n".join(process.said())
