"""What strangers send to the routes of Gradio that the page of the chat uses."""

import json
import sys
import threading

import httpx
import pytest
import uvicorn
from browser import UK, ask, opened
from fakes import AssistantOfOwls, a_citation, a_desk, an_answer

from assistant.conversations import Conversations
from assistant.feedback import Feedback
from ui.server import build_app, listen

JOIN = "/gradio_api/queue/join"
DATA = "/gradio_api/queue/data"
HUGE = 10**40


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A real server of the whole application; the assistant is quick."""
    data = tmp_path_factory.mktemp("data")
    owls = AssistantOfOwls(an_answer(citations=(a_citation(document_id="owls"),)))
    desk = a_desk(owls, visitor_rate=10_000, rate=10_000)
    app = build_app(desk, Conversations(data), Feedback(data), shipped=False)
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def client(address):
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


@pytest.fixture
def quiet(capfd, caplog):
    """Sees to it that what a test sends leaves no trace of a failure in the log."""
    yield
    sys.stderr.flush()
    assert "Traceback" not in capfd.readouterr().err
    assert [each for each in caplog.records if each.exc_info] == []


def call(**fields):
    return {"data": [], "fn_index": 0, "session_hash": "owl", **fields}


def is_refused(response):
    assert 400 <= response.status_code < 500, response.text
    assert len(response.text.splitlines()) == 1


@pytest.mark.parametrize(
    "body",
    [
        *(call(fn_index=each) for each in (9, -1, 1, None, HUGE, "owl", 0.5, [], True)),
        *(call(data=each) for each in ({}, None, "owl", [1, 2, 3], [[]])),
        *(call(session_hash=each) for each in (None, 1, [], "", "o" * 100_000)),
        call(batched=True),
        call(trigger_id="owl"),
        {},
        [],
        "owl",
        None,
        HUGE,
    ],
    ids=lambda body: json.dumps(body)[:60],
)
def test_a_call_that_the_page_never_makes_is_refused_in_a_line(client, quiet, body):
    is_refused(client.post(JOIN, json=body))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"NaN", b"[" * 100_000, b'{"fn_index":1e999}', b'{"data":"\\ud800"}'],
    ids=lambda content: repr(content[:20]),
)
def test_what_is_no_json_is_refused_in_a_line(client, quiet, content):
    is_refused(client.post(JOIN, content=content, headers={"Content-Type": "application/json"}))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/run/none",
        "/gradio_api/run/asked",
        "/gradio_api/api/none",
        "/gradio_api/call/none",
        "/gradio_api/call/none/1",
        "/gradio_api/call/v2/none",
        "/gradio_api/component_server",
        "/gradio_api/deep_link",
        "/gradio_api/dev/reload",
        "/gradio_api/info?page=none",
        "/gradio_api/process_recording",
        "/gradio_api/vibe-edit",
        "/gradio_api/upload",
    ],
)
def test_routes_that_the_page_does_not_use_are_closed(client, quiet, method, path):
    response = client.request(method, path, json=call(fn_index=None) if method == "POST" else None)
    assert response.status_code == 404
    is_refused(response)


@pytest.mark.parametrize("path", ["/?page=none", "/config?page=none"])
def test_another_page_of_gradio_is_not_there(client, quiet, path):
    is_refused(client.get(path))


@pytest.mark.parametrize("path", [DATA, f"{DATA}?session_hash=", f"{DATA}?session_hash=never"])
def test_who_has_asked_nothing_is_told_no_answer(client, quiet, path):
    is_refused(client.get(path))


@pytest.mark.parametrize(
    "body",
    [
        {"session_hash": "owl", "fn_index": HUGE, "event_id": "none"},
        {"session_hash": "never", "fn_index": 0, "event_id": ""},
        {"session_hash": 1},
        {},
        [],
    ],
    ids=json.dumps,
)
def test_whoever_takes_back_what_was_not_asked_breaks_nothing(client, quiet, body):
    for path in ("/gradio_api/cancel", "/gradio_api/reset"):
        assert client.post(path, json=body).status_code < 500


@pytest.mark.parametrize(
    "event",
    [None, {}, {"key": 1}, [], "owl", HUGE, {"key": "k", "question": ["?"]}],
    ids=json.dumps,
)
def test_a_question_that_is_none_ends_without_an_answer(client, quiet, event):
    session = f"event {json.dumps(event)}"
    assert client.post(JOIN, json=call(session_hash=session, event_data=event)).is_success
    with client.stream("GET", DATA, params={"session_hash": session}) as stream:
        told = [json.loads(line[6:]) for line in stream.iter_lines() if line]
    [ended] = [each for each in told if each["msg"] == "process_completed"]
    assert ended["success"]


@pytest.mark.slow
def test_the_page_itself_asks_and_is_answered(browser, address, quiet):
    page = opened(browser, address)
    turn = ask(page, UK)
    assert "First." in turn.inner_text()
    assert page.complaints == []
    page.close()
