"""Script payloads and naughty strings, everywhere a visitor or a program meets them."""

import pytest
from fakes import an_answer
from loading import load
from markupsafe import Markup
from payloads import naughty, scripts

from assistant.answer import Statement

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run():
    return load("reliability/payloads.py")


@pytest.fixture(scope="module")
def server(run, tmp_path_factory):
    with run.served(tmp_path_factory.mktemp("payloads")) as served:
        yield served


@pytest.fixture
def visit(run, server, browser):
    echo, address = server
    return run.Visit(browser, address, echo)


def test_there_are_enough_of_both_and_each_is_another():
    assert len(set(scripts())) >= 500
    assert len(set(naughty())) >= 500


def test_no_script_runs_no_foreign_request_leaves_and_no_node_is_made_from_content(visit):
    visit.show(scripts()[::2])
    assert visit.faults == []
    assert visit.shown >= 300


def test_naughty_strings_are_shown_as_they_are_and_break_nothing(visit):
    visit.show(naughty()[::2])
    assert visit.faults == []


def test_no_question_of_a_program_makes_the_server_fail(run, server, browser):
    echo, address = server
    echo.give(["An owl."])
    page = browser.new_page()
    assert list(run.programs_faults(address, [*naughty(), *scripts()[::8]], page)) == []
    page.close()


def test_the_harness_sees_markup_that_gets_through(visit, server, monkeypatch):
    echo, _ = server
    bad = '<img src=x onerror="alert(1)"><form></form><a href="javascript:alert(2)">owl</a>'

    def stream(question):
        text = Markup(bad) if "plant" in question.text else "An owl."
        yield an_answer(statements=(Statement(text, ()),), citations=())

    visit.show(["An owl."])
    assert visit.faults == []
    monkeypatch.setattr(echo, "stream", stream)
    visit.show(["plant"])
    found = {each for each in visit.faults if each.startswith("chat: ")}
    assert found >= {
        "chat: ran: alert",
        "chat: handlers: onerror",
        "chat: links: javascript:",
        "chat: a node that content made: img",
        "chat: a node that content made: form",
    }


def test_the_harness_sees_markdown_that_gets_through(run):
    bad = "<b>owl</b>\n\n![a](//collect.example) [b](https://collect.example)\n\n<p>"
    assert [each.split(":")[1].strip() for each in run.markdown_faults(bad)] == [
        "html_inline",
        "html_inline",
        "image",
        "a link to https",
        "html_block",
    ]
