import json
import logging
import time

import httpx
import pytest
from browser import UK, start
from fakes import break_an_answer, logs_as_before

from assistant.settings import read_settings
from ui.logs import set_up_logs

VISITOR = "192.0.2.7"
SECRET = "xylophones"


def logged(shipped, **environment):
    """Give every line that a server says: it is asked, and asked what goes wrong, and stopped."""
    process, address = start(
        shipped.data_dir,
        SUMMIT_LOG_FORMAT="json",
        SUMMIT_TRUSTED_PROXIES="127.0.0.1",
        SUMMIT_VISITOR_RATE="3",
        **environment,
    )
    try:
        headers = {
            "Accept": "application/json, text/event-stream",
            "X-Forwarded-For": VISITOR,
            "User-Agent": "marvin",
        }
        with httpx.Client(base_url=address, headers=headers, timeout=30) as visitor:
            for question in (UK, f"Who plays {SECRET}?", f"{SECRET}'\"(*", UK):
                arguments = {"name": "ask_summit", "arguments": {"question": question}}
                call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}
                assert visitor.post("/mcp", json=call).status_code == 200
            visitor.get("/documents", params={"q": SECRET})
            assert visitor.get(break_an_answer(shipped.data_dir, SECRET)).status_code == 500
    finally:
        process.terminate()
        assert process.wait(20) == 0
    return process.said()


@pytest.mark.slow
def test_each_line_is_json_and_tells_of_questions_and_failures_but_not_of_who_asked_what(shipped):
    lines = logged(shipped)
    events = [json.loads(line) for line in lines]
    ready, *events = events
    assert "is ready: " in ready["message"]
    answered = [each for each in events if each["message"] == "answered"]
    assert [each["state"] for each in answered] == ["answered", "not_found", "not_found"]
    assert {each["way"] for each in answered} == {"mcp"}
    assert all(each["seconds"] > 0 and each["level"] == "INFO" for each in answered)
    [limited] = [each for each in events if each["message"] == "limited"]
    assert limited["limit"] == "visitor_rate"
    [failed] = [each for each in events if each["level"] == "ERROR"]
    assert "in _kept" in failed["exception"]
    assert failed["exception"].endswith("ValueError")
    rest = "\n".join(lines[1:])
    for private in (UK, SECRET, VISITOR, "127.0.0.1", "marvin"):
        assert private not in rest


@pytest.mark.slow
def test_where_it_is_asked_for_each_line_holds_its_question(shipped):
    events = [json.loads(line) for line in logged(shipped, SUMMIT_LOG_QUESTIONS="true")]
    asked = [each["question"] for each in events if each["message"] == "answered"]
    assert asked == [UK, f"Who plays {SECRET}?", f"{SECRET}'\"(*"]


@pytest.fixture
def log(capsys):
    """Give what logs as a server does with some settings, and what it has said."""

    def set_up(**settings):
        set_up_logs(read_settings(**settings))
        return logging.getLogger("summit.test")

    set_up.said = lambda: capsys.readouterr().err
    with logs_as_before():
        yield set_up


def fail():
    try:
        int(SECRET)
    except ValueError as error:
        raise ExceptionGroup(SECRET, [KeyError(SECRET)]) from error


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_exception_keeps_where_it_was_and_not_what_it_says(log, log_format):
    logger = log(log_format=log_format)
    try:
        fail()
    except ExceptionGroup:
        logger.exception("it failed")
    said = log.said()
    assert SECRET not in said
    for kind in ("ValueError", "KeyError", "ExceptionGroup", "it failed", "in fail"):
        assert kind in said
    assert said.index("ValueError") < said.index("ExceptionGroup")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_what_an_exception_says_is_logged_where_questions_are(log, log_format):
    logger = log(log_format=log_format, log_questions=True)
    try:
        fail()
    except ExceptionGroup:
        logger.exception("it failed")
    assert SECRET in log.said()


def test_a_line_of_text_has_the_time_what_happened_and_more_about_it(log):
    log().info("answered", extra={"state": "partial", "seconds": 0.2})
    said = log.said()
    assert said.startswith(time.strftime("%Y-"))
    assert said.endswith(" INFO answered state=partial seconds=0.2\n")


def test_other_libraries_are_heard_only_when_something_is_wrong(log):
    log()
    logging.getLogger("mcp.server").info("a request by somebody")
    logging.getLogger("mcp.server").warning("odd")
    assert "somebody" not in (said := log.said())
    assert "odd" in said
