import os
import shutil
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright
from test_assistant_assistant import QUESTIONS

pytestmark = pytest.mark.browser

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
EVIL = '<img src="https://evil.example/a.png" onerror="document.title=1">'


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


def serve(data_dir, **environment):
    variables = {k: v for k, v in os.environ.items() if not k.startswith("SUMMIT_")}
    process = subprocess.Popen(
        [sys.executable, "-c", GUARDED, "serve"],
        stderr=subprocess.PIPE,
        text=True,
        env={**variables, "SUMMIT_PORT": "0", "SUMMIT_DATA_DIR": str(data_dir), **environment},
    )
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        line = process.stderr.readline()
        if "is ready: " in line:
            return process, line.split("is ready: ")[1].split()[0]
        assert line, "the server ended before it was ready"
    raise AssertionError("the server was not ready in 90 seconds")


@pytest.fixture(scope="module")
def url(shipped):
    process, address = serve(shipped.data_dir)
    yield address
    process.terminate()
    assert process.wait(20) in {0, -15}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desktop", "phone"])
def page(request, browser, url):
    width, height = request.param
    opened = browser.new_page(viewport={"width": width, "height": height})
    opened.requested, opened.complaints = [], []
    opened.on("request", lambda made: opened.requested.append(made.url))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.goto(url)
    yield opened
    opened.close()


def ask(page, question):
    expect(page.locator(".submit-button")).to_be_visible()
    box = page.get_by_role("textbox", name="Your question")
    box.fill(question)
    box.press("Enter")


def last_answer(page):
    return page.locator(".summit-answer").last


def test_an_answer_lists_its_sources_with_quotation_title_publisher_date_and_link(page):
    ask(page, "Why did the UK not sign?")
    expect(last_answer(page)).to_contain_text("national security")
    source = last_answer(page).locator(".summit-sources li").first
    expect(source.locator("blockquote")).not_to_be_empty()
    expect(source.locator("cite")).not_to_be_empty()
    expect(source).to_contain_text("2025")
    expect(source.get_by_role("link", name="source")).to_have_attribute(
        "rel", "noopener noreferrer nofollow"
    )


def test_twenty_questions_in_one_conversation_are_answered_rightly(browser, url):
    page = browser.new_page()
    page.goto(url)
    for number, (question, facts) in enumerate(QUESTIONS, start=1):
        ask(page, question)
        expect(page.locator(".summit-question")).to_have_count(number)
        expect(last_answer(page).locator(".summit-sources")).to_be_attached()
        text = last_answer(page).locator(".summit-text").inner_text()
        assert any(fact in text for fact in facts), (question, text)
    page.close()


def test_the_answer_begins_in_sight(page):
    ask(page, "Why did the UK not sign?")
    expect(last_answer(page).locator(".summit-sources")).to_be_attached()
    expect(last_answer(page).locator(".summit-text")).to_be_in_viewport()


def test_each_further_answer_begins_in_sight(page):
    for number, question in enumerate(("Why did the UK not sign?", "What is InvestAI?"), start=1):
        ask(page, question)
        expect(page.locator(".summit-sources")).to_have_count(number)
        expect(page.locator(".summit-question").last).to_be_in_viewport(ratio=1)
        expect(last_answer(page).locator(".summit-text")).to_be_in_viewport(ratio=1)


def test_the_page_asks_nothing_of_any_other_host(page, url):
    ask(page, "What is InvestAI?")
    expect(last_answer(page)).to_contain_text("€200 billion")
    hosts = {urlsplit(made).netloc for made in page.requested if made.startswith("http")}
    assert hosts == {urlsplit(url).netloc}
    assert page.complaints == []


def test_a_starter_question_is_asked_by_a_click(page):
    page.get_by_role("button", name="What is InvestAI?").click()
    expect(last_answer(page)).to_contain_text("€200 billion")


def test_a_follow_up_is_understood(page):
    ask(page, "Why did the UK not sign?")
    expect(last_answer(page).locator(".summit-sources")).to_be_attached()
    ask(page, "And the US?")
    expect(last_answer(page)).to_contain_text("Read as: Why did the US not sign?")


def test_an_abstention_shows_the_closest_passages(page):
    ask(page, "How do I bake bread?")
    expect(last_answer(page)).to_contain_text("The documents do not answer this question.")
    expect(last_answer(page)).to_contain_text("Closest passages")


def test_a_question_that_is_too_long_gets_a_clear_message(page):
    ask(page, "x" * 100_000)
    expect(last_answer(page)).to_contain_text("100,000 characters")


def test_markup_in_a_question_is_shown_as_text(page):
    ask(page, EVIL)
    expect(last_answer(page)).to_be_visible()
    expect(page.get_by_text(EVIL).first).to_be_visible()
    assert page.locator('img[src*="evil"]').count() == 0
    assert not any("evil.example" in made for made in page.requested)


def test_the_first_question_does_not_move_the_page(page):
    box = page.get_by_role("textbox", name="Your question")
    before = box.bounding_box()
    ask(page, "Why did the UK not sign?")
    expect(last_answer(page).locator(".summit-sources")).to_be_attached()
    after = box.bounding_box()
    assert {name: round(value) for name, value in before.items()} == {
        name: round(value) for name, value in after.items()
    }


def test_what_is_typed_ahead_stays(page):
    ask(page, "Why did the UK not sign?")
    box = page.get_by_role("textbox", name="Your question")
    expect(box).to_have_value("")
    box.fill("And the US?")
    expect(page.locator(".submit-button")).to_be_visible()
    expect(last_answer(page).locator(".summit-sources")).to_be_attached()
    expect(box).to_have_value("And the US?")


def test_nothing_is_wider_than_the_screen(page):
    ask(page, "Why did the UK not sign?")
    expect(last_answer(page).locator(".summit-sources")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_markup_and_links_in_documents_are_shown_as_text(browser, tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    text = f"The password of the lighthouse is {EVIL} **bold** ![x](https://evil.example/b.png).\n"
    (corpus / "evil.txt").write_text(text)
    process, address = serve(tmp_path / "data", SUMMIT_CORPUS_DIR=str(corpus))
    try:
        page = browser.new_page()
        requested = []
        page.on("request", lambda made: requested.append(made.url))
        page.goto(address)
        ask(page, "What is the password of the lighthouse?")
        expect(last_answer(page).locator(".summit-text")).to_contain_text("**bold** ![x](")
        assert page.locator(".summit-answer img, .summit-answer b").count() == 0
        # The words that answer are set off by us; the document's own asterisks do nothing.
        assert page.locator(".summit-answer strong").get_by_text("bold", exact=True).count() == 0
        assert not any("evil.example" in made for made in requested)
    finally:
        process.terminate()
        process.wait(20)


def exported(shipped):
    from assistant.feedback import Feedback

    return [each.to_question() for each in Feedback(shipped.data_dir).judgements()]


def test_a_thumb_and_a_comment_become_a_question_of_the_export(page, shipped):
    before = len(exported(shipped))
    ask(page, "Why did the UK not sign?")
    page.get_by_role("button", name="Dislike").last.click()
    comment = f"<b>Too long</b> at {page.viewport_size['width']} px"
    page.get_by_role("textbox", name="What was right or wrong?").fill(comment)
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_text("Thank you. Your comment was kept.")).to_be_visible()
    expect(page.locator(".summit-feedback")).to_be_hidden()
    kept = exported(shipped)
    assert len(kept) == before + 1
    [one] = [each for each in kept if each["comment"] == comment]
    assert (one["question"], one["verdict"]) == ("Why did the UK not sign?", "down")
    assert page.complaints == []


def test_a_thumb_that_is_taken_back_leaves_nothing(page, shipped):
    before = len(exported(shipped))
    ask(page, "What is ROOST?")
    page.get_by_role("button", name="Like", exact=True).last.click()
    expect(page.get_by_role("button", name="Liked")).to_be_visible()
    expect(page.locator(".summit-feedback")).to_be_visible()
    page.get_by_role("button", name="Liked").last.click()
    expect(page.locator(".summit-feedback")).to_be_hidden()
    assert len(exported(shipped)) == before


def press_until_focused(page, key, target):
    """Walk by keyboard; Gradio has a button of its own on the way where there is more below."""
    for _ in range(3):
        page.keyboard.press(key)
        if target.evaluate("element => element === document.activeElement"):
            return
    expect(target).to_be_focused()


def test_thumb_and_comment_are_given_by_keyboard_alone(page, shipped):
    ask(page, "What is InvestAI?")
    expect(page.get_by_role("button", name="Like", exact=True)).to_be_visible()
    expect(page.locator(".submit-button")).to_be_visible()
    press_until_focused(page, "Shift+Tab", page.get_by_role("button", name="Like", exact=True))
    page.keyboard.press("Enter")
    box = page.get_by_role("textbox", name="What was right or wrong?")
    expect(box).to_be_visible()
    press_until_focused(page, "Tab", box)
    page.keyboard.type("Good, by keyboard")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send comment")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Your question")).to_be_focused()
    assert "Good, by keyboard" in [each["comment"] for each in exported(shipped)]


def test_thumbs_are_large_enough_and_stay_in_sight_with_the_box_for_a_comment(page):
    ask(page, "Why did the UK not sign?")
    page.get_by_role("button", name="Dislike").click()
    expect(page.get_by_role("button", name="Send comment")).to_be_in_viewport(ratio=1)
    for name in ("Disliked", "Like"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_in_viewport(ratio=0.9)
        side = 44 if page.viewport_size["width"] < 640 else 24
        assert min(button.bounding_box()["width"], button.bounding_box()["height"]) >= side
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_who_wants_no_motion_gets_none(browser, url):
    page = browser.new_page(reduced_motion="reduce")
    page.goto(url)
    box = page.get_by_role("textbox", name="Your question")
    expect(box).to_have_css("transition", "none")
    page.close()


def test_a_new_answer_to_the_same_question_has_no_thumb_yet_and_its_verdict_is_its_own(
    page, shipped
):
    before = len(exported(shipped))
    ask(page, "What is ROOST?")
    for number in (1, 2):
        page.get_by_role("button", name="Like", exact=True).click()
        expect(page.get_by_role("button", name="Liked")).to_be_visible()
        expect(page.locator(".summit-feedback")).to_be_visible()
        assert len(exported(shipped)) == before + number
        page.get_by_role("button", name="Retry").click()
        expect(page.locator(".summit-feedback")).to_be_hidden()
        expect(last_answer(page).locator(".summit-sources")).to_be_attached()
        expect(page.get_by_role("button", name="Liked")).to_be_hidden()


def test_a_comment_of_a_megabyte_is_refused_with_a_message(page, shipped):
    ask(page, "What is InvestAI?")
    page.get_by_role("button", name="Dislike").click()
    box = page.get_by_role("textbox", name="What was right or wrong?")
    expect(box).to_have_attribute("maxlength", "2000")
    box.evaluate("element => element.removeAttribute('maxlength')")
    box.fill("x" * 1_000_000)
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_text("1,000,000 characters; write at most 2,000")).to_be_visible()
    assert max(len(each["comment"]) for each in exported(shipped)) < 2_000


def test_feedback_that_cannot_be_kept_is_told_and_the_chat_goes_on(page, shipped):
    from assistant.feedback import FEEDBACK_FILE

    ask(page, "What is InvestAI?")
    file = shipped.data_dir / FEEDBACK_FILE
    aside = file.rename(file.with_suffix(".aside")) if file.exists() else None
    file.mkdir()
    try:
        page.get_by_role("button", name="Like", exact=True).click()
        expect(page.get_by_text("Your feedback could not be kept.")).to_be_visible()
        expect(page.locator(".summit-feedback")).to_be_hidden()
    finally:
        file.rmdir()
        if aside:
            aside.rename(file)
    ask(page, "Why did the UK not sign?")
    expect(last_answer(page)).to_contain_text("national security")


def test_a_message_that_is_no_answer_has_no_thumbs(page):
    ask(page, "?!")
    expect(last_answer(page)).to_contain_text("is empty")
    expect(page.get_by_role("button", name="Like", exact=True)).to_be_hidden()
