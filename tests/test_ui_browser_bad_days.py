"""What can go wrong, in a real browser: the server, the network, the texts, the length."""

from dataclasses import replace

import pytest
from browser import (
    PHONE,
    UK,
    answered,
    ask,
    last_turn,
    opened,
    question_box,
    ready,
    send,
    served,
    start,
    stop,
    text_of,
)
from fakes import ChatServer
from playwright.sync_api import expect

from assistant.answer import Statement

pytestmark = pytest.mark.slow

EVIL = '<img src="https://evil.example/a.png" onerror="document.title=1">'


def test_a_conversation_survives_a_reload_and_a_server_that_goes_away_and_comes_back(
    browser, shipped
):
    process, address = start(shipped.data_dir)
    page = opened(browser, address)
    said = text_of(ask(page, UK))
    page.reload()
    ready(page)
    assert text_of(last_turn(page)) == said
    stop(process)
    send(page, "And the US?")
    expect(last_turn(page)).to_contain_text("The server cannot be reached.", timeout=20_000)
    expect(page.locator("[data-status]")).to_contain_text("The server cannot be reached.")
    page.get_by_role("button", name="New", exact=True).click()
    expect(page.locator("[data-toast]")).to_contain_text("The server cannot be reached.")
    expect(page.locator(".turn")).to_have_count(2)
    # Gradio loads its page anew once the server is back, at a time of its own: it is left before.
    page.goto("about:blank")
    process, _ = start(shipped.data_dir, port=int(address.rpartition(":")[2]))
    try:
        page.goto(address)
        ready(page)
        expect(page.locator(".turn .question")).to_have_text([UK, "And the US?"])
        assert text_of(page.locator(".turn").first) == said
        page.get_by_role("button", name="Try again").click()
        turn = answered(page)
        expect(turn.locator(".read-as")).to_contain_text("Why did the US not sign")
        expect(page.locator(".turn")).to_have_count(2)
    finally:
        page.close()
        stop(process)


def test_a_question_whose_answer_was_kept_though_it_did_not_come_is_not_asked_again(page):
    said = text_of(ask(page, UK))
    page.evaluate(f"sessionStorage.setItem('summit.pending conversation ', '\"{UK}\"')")
    page.reload()
    ready(page)
    expect(page.locator(".turn .question")).to_have_text([UK])
    assert text_of(last_turn(page)) == said
    page.reload()
    ready(page)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_slow_network_is_told_and_the_answer_still_comes(browser, url):
    page = opened(browser, url)
    held = []
    page.route("**/gradio_api/queue/join*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks the function
    send(page, UK)
    expect(last_turn(page)).to_contain_text("Still reading.", timeout=20_000)
    for each in held:
        each.continue_()
    assert "national security" in text_of(answered(page))
    page.close()


@pytest.fixture(scope="module")
def slow_model(shipped):
    """A chat model that never answers."""
    with ChatServer("HANG") as model:
        environment = {
            "SUMMIT_MODEL": "openai:a-model",
            "OPENAI_BASE_URL": model.url,
            "OPENAI_API_KEY": "none",
        }
        with served(shipped.data_dir, SUMMIT_MODEL_TIMEOUT="6", **environment) as address:
            yield address


def test_an_answer_can_be_stopped_and_the_question_asked_again(browser, slow_model):
    page = opened(browser, slow_model)
    send(page, UK)
    page.get_by_role("button", name="Stop").click()
    expect(last_turn(page)).to_contain_text("Stopped.")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn:not([hidden])")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(last_turn(page)).to_contain_text("Stopped.")
    page.close()


def test_an_answerer_that_fails_is_told_and_the_built_in_answer_is_given(browser, slow_model):
    page = opened(browser, slow_model)
    send(page, UK)
    expect(last_turn(page).locator(".notice")).to_contain_text(
        "this is the built-in answer instead", timeout=20_000
    )
    assert "national security" in text_of(last_turn(page))
    page.close()


def test_an_answer_that_was_to_be_replaced_comes_back_when_the_new_one_is_stopped(
    browser, slow_model
):
    page = opened(browser, slow_model)
    send(page, UK)
    expect(last_turn(page).locator(".sources")).to_be_visible(timeout=20_000)
    answered(page)
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".turn:not([hidden])")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".turn:not([hidden])")).to_have_count(2)
    expect(page.locator(".turn").first.locator(".sources")).to_be_visible()
    page.close()


# Texts of every kind


RTL = "כמה ינשופים גרים במגדלור? חמישה ינשופים גרים במגדלור של חיפה."


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A server whose documents hold markup, text from right to left, and much of it."""
    corpus = tmp_path_factory.mktemp("corpus")
    password = f"The password of the lighthouse is {EVIL} **bold** ![x](https://evil.example/b).\n"
    (corpus / "evil.md").write_text(f"---\ntitle: '{EVIL} **T**'\n---\n\n```\n{password}```\n")
    (corpus / "plain.txt").write_text(f"Lighthouse {EVIL}\n\n{password}")
    (corpus / "owls.txt").write_text(f"ינשופים\n\n{RTL}\n")
    with served(tmp_path_factory.mktemp("data"), SUMMIT_CORPUS_DIR=str(corpus)) as address:
        yield address


@pytest.mark.parametrize("size", [(1440, 900), PHONE], ids=["desktop", "phone"])
def test_markup_in_documents_titles_and_questions_is_shown_as_text(browser, odd, size):
    page = opened(browser, odd, size)
    title = page.title()
    turn = ask(page, f"What is the password of the lighthouse? {EVIL} **b** [x](y)")
    expect(turn.locator(".question")).to_contain_text(f"{EVIL} **b** [x](y)")
    expect(turn.locator(".text")).to_contain_text("**bold** ![x](")
    turn.locator(".marker").first.click()
    expect(page.locator(".panel mark").first).to_contain_text(EVIL)
    page.reload()
    ready(page)
    link = page.get_by_role("link", name="Link").get_attribute("href")
    for path in (link, "/documents", "/documents/plain", "/documents/evil"):
        page.goto(odd + path)
        assert page.locator("img, script").count() == 0
    page.goto(odd)
    ready(page)
    assert page.locator(".chat img").count() == 0
    assert page.title() == title
    assert not any("evil.example" in made for made in page.requested)
    assert page.complaints == []
    page.close()


def test_text_from_right_to_left_stands_on_the_right(browser, odd):
    page = opened(browser, odd, PHONE)
    turn = ask(page, "כמה ינשופים גרים במגדלור של חיפה?")
    for part in (turn.locator(".question"), turn.locator(".text p").first):
        assert part.evaluate("element => getComputedStyle(element).direction") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def shown(page, conversation):
    """Show a conversation that is kept, as the visitor who had it sees it after a reload."""
    page.evaluate(f"sessionStorage.setItem('summit.conversation ', '\"{conversation}\"')")
    page.reload()
    ready(page)


def test_an_answer_of_five_thousand_words_is_shown_whole_and_stays_usable(
    browser, url, shipped, assistant
):
    from assistant.conversations import Conversations

    answer = assistant.ask(UK)
    said = (Statement("One word follows another without any end. " * 7, (1,)),) * 110
    documents = [assistant.document(each.document_id) for each in answer.citations]
    long = replace(answer, statements=said)
    kept = Conversations(shipped.data_dir).add("", long, documents)
    page = opened(browser, url, PHONE)
    shown(page, kept.conversation_id)
    assert len(text_of(last_turn(page)).split()) > 5_000
    marker = last_turn(page).locator(".marker").last
    marker.click()
    expect(page.locator(".panel .position")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(marker).to_be_focused()
    expect(marker).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def test_two_hundred_turns_in_one_conversation_stay_quick(browser, url, shipped, assistant):
    from assistant.conversations import Conversations

    conversations = Conversations(shipped.data_dir)
    answer = assistant.ask(UK)
    documents = [assistant.document(each.document_id) for each in answer.citations]
    home = ""
    for _ in range(200):
        home = conversations.add(home, answer, documents).conversation_id
    page = opened(browser, url)
    shown(page, home)
    expect(page.locator(".turn")).to_have_count(200)
    turn = ask(page, "And the US?")
    expect(turn.locator(".read-as")).to_contain_text("Why did the US not sign")
    expect(page.locator(".turn")).to_have_count(201)
    began = page.evaluate("performance.now()")
    question_box(page).press_sequentially("Where was the next summit?")
    assert page.evaluate("performance.now()") - began < 3_000
    turn.locator(".marker").first.click()
    expect(page.locator(".panel mark").first).to_be_in_viewport()
    page.close()
