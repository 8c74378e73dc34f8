import time
from importlib.metadata import version

import pytest
from browser import NOWHERE, UK
from fakes import a_desk
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from assistant.conversations import Conversations
from assistant.feedback import Feedback
from ui.server import build_routes

HERE = "http://127.0.0.1:7860"
TOKEN = "a-token-of-some-length"
EITHER = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def app(assistant, tmp_path):
    def build(**settings):
        desk = a_desk(assistant, **settings)
        kept = Conversations(tmp_path), Feedback(tmp_path)
        return desk, build_routes(desk, *kept, shipped=True)

    return build


def ask(client, question):
    arguments = {"name": "ask_summit", "arguments": {"question": question}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}
    return client.post("/mcp", json=call, headers=EITHER).json()["result"]


def here(app):
    return TestClient(app, base_url=HERE, client=("127.0.0.1", 50_000))


def samples(client):
    """Give every sample by its name and its labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_questions_abstentions_and_how_long_they_took_are_counted(app):
    with here(app()[1]) as client:
        began = time.monotonic()
        for question in (UK, UK, NOWHERE):
            ask(client, question)
        took = time.monotonic() - began
        told = samples(client)
    assert told["summit_questions_total", "answered", "built-in", "mcp"] == 2
    assert told["summit_questions_total", "built-in", "mcp", "not_found"] == 1
    assert told["summit_abstentions_total", "mcp"] == 1
    assert told["summit_answer_seconds_count", "built-in"] == 3
    assert 0 < told["summit_answer_seconds_sum", "built-in"] < took


def test_questions_that_are_turned_away_are_counted_by_the_limit(app):
    with here(app(visitor_rate=1)[1]) as client:
        for _ in range(3):
            ask(client, UK)
        assert samples(client)["summit_limited_total", "visitor_rate"] == 2


def test_questions_that_break_are_counted(app, monkeypatch):
    desk, application = app()

    def broken(question):
        raise ZeroDivisionError

    monkeypatch.setattr(desk, "assistant", type("Broken", (), {"invoke": staticmethod(broken)}))
    with here(application) as client:
        ask(client, UK)
        assert samples(client)["summit_failures_total", "mcp"] == 1


def test_how_the_server_is_just_now_is_told(app, assistant):
    desk, application = app(model="openai:gpt-small")
    desk.admission.answering, desk.admission.waiting = 2, 5
    with here(application) as client:
        told = samples(client)
    assert told["summit_answering",] == 2
    assert told["summit_waiting",] == 5
    assert told["summit_documents",] == assistant.document_count()
    assert told["summit_build_info", *sorted((version("summit-assistant"), "openai:gpt-small"))]
    assert told["process_resident_memory_bytes",] > 1_000_000


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.1", {}, 404),
        ("::ffff:192.0.2.1", {}, 404),
        ("testclient", {}, 404),
        # A proxy on this machine passes a visitor on, whether we trust it or not.
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.1"}, 404),
        ("127.0.0.1", {"X-Real-IP": "192.0.2.1"}, 404),
    ],
)
def test_without_tokens_this_machine_alone_reads_them(app, client, headers, status):
    asking = TestClient(app()[1], base_url=HERE, client=(client, 50_000))
    assert asking.get("/metrics", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("client", "sent", "status"),
    [
        ("192.0.2.1", f"Bearer {TOKEN}", 200),
        ("127.0.0.1", f"bearer {TOKEN}", 200),
        ("127.0.0.1", "", 404),
        ("192.0.2.1", f"Bearer {TOKEN}x", 404),
        ("192.0.2.1", f"Basic {TOKEN}", 404),
        ("192.0.2.1", TOKEN, 404),
    ],
)
def test_with_tokens_their_bearers_alone_read_them(app, client, sent, status):
    asking = TestClient(app(api_tokens=TOKEN)[1], base_url=HERE, client=(client, 50_000))
    assert asking.get("/metrics", headers={"Authorization": sent}).status_code == status
