"""Browsing, keeping and telling us, in a real browser."""

import json
import re

import pytest
from browser import UK, ask, opened, question_box, ready, text_of
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

NEXT = "Where was the next AI summit held?"


def menu(page):
    page.get_by_role("button", name="Menu").click()
    return page.get_by_role("dialog", name="Conversations")


# Browsing


def test_documents_are_searched_filtered_read_and_asked_about(sized_page, url):
    page = sized_page
    page.get_by_role("link", name="Documents").click()
    page.get_by_label("Words").fill("gigafactories")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".cards li").first).to_contain_text("gigafactories")
    found = page.locator(".cards li").count()
    page.get_by_label("Topic").select_option("european-union")
    page.get_by_label("To", exact=True).fill("2025-12-31")
    page.get_by_role("button", name="Show").click()
    assert 0 < page.locator(".cards li").count() <= found
    page.get_by_role("link", name="Europe's AI gigafactories").click()
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    page.get_by_role("link", name="Ask about this document only").click()
    ready(page)
    expect(page.locator(".only")).to_contain_text("Asking only “Europe's AI gigafactories")
    turn = ask(page, "How many chips does each site have?")
    titles = set(turn.locator(".sources .title").all_inner_texts())
    assert titles == {"Europe's AI gigafactories, from four sites to up to five"}
    page.get_by_role("link", name="Ask all documents").click()
    ready(page)
    expect(page.locator(".only")).to_have_count(0)
    menu(page).get_by_role("button", name="How many chips", exact=False).first.click()
    expect(page.locator(".only")).to_contain_text("Asking only “Europe's AI gigafactories")
    expect(page.locator(".turn .question")).to_have_text(["How many chips does each site have?"])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_timeline_leads_to_the_documents(page, url):
    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_role("heading", name="February 2025")).to_be_visible()
    dates = page.locator(".timeline time").all_inner_texts()
    assert len(dates) > 50
    assert dates == sorted(dates)
    page.locator(".timeline a").first.click()
    expect(page.get_by_role("article")).to_be_visible()


# Keeping


def test_conversations_are_listed_opened_and_deleted_one_by_one_and_all_at_once(page, url):
    ask(page, UK)
    page.get_by_role("button", name="New").click()
    expect(page.locator(".turn")).to_have_count(0)
    link = ask(page, NEXT).get_by_role("link", name="Link").get_attribute("href")
    dialog = menu(page)
    expect(dialog.locator(".kept li button.plain")).to_have_text([NEXT, UK])
    dialog.get_by_role("button", name=UK, exact=True).click()
    expect(page.locator(".turn .question")).to_have_text([UK])
    menu(page).get_by_role("button", name=f"Delete “{NEXT}”").click()
    page.get_by_role("dialog", name="Delete this conversation?").get_by_role(
        "button", name="Delete"
    ).click()
    expect(dialog.locator(".kept li")).to_have_count(1)
    expect(page.locator("[data-toast]")).to_have_text("Deleted.")
    assert page.request.get(url + link).status == 404
    dialog.get_by_role("button", name="Delete all").click()
    page.get_by_role("dialog", name="Delete all conversations?").get_by_role(
        "button", name="Delete"
    ).click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".intro")).to_be_visible()
    expect(menu(page)).to_contain_text("No conversations yet.")


def test_a_deletion_that_is_not_confirmed_deletes_nothing(page):
    ask(page, UK)
    dialog = menu(page)
    dialog.get_by_role("button", name="Delete all").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Close").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.locator(".kept li")).to_have_count(1)


def test_an_answer_is_copied_with_its_citations_as_markdown(browser, url):
    page = opened(browser, url, permissions=["clipboard-read", "clipboard-write"])
    turn = ask(page, UK)
    turn.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-toast]")).to_have_text("Copied with its citations.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"## {UK}\n\n")
    assert re.search(r"\n1\. \*\*.+\*\* · .+<https?://\S+>\n\n   > ", copied)
    page.close()


def test_a_link_opens_the_answer_for_somebody_else(page, browser, url):
    turn = ask(page, UK)
    link = turn.get_by_role("link", name="Link").get_attribute("href")
    other = browser.new_context().new_page()
    other.goto(url + link)
    expect(other.get_by_role("heading", level=1)).to_have_text(UK)
    plain = re.sub(r"\s+", " ", other.locator(".text").inner_text())
    assert plain == re.sub(r"\s+", " ", text_of(turn))
    other.locator(".marker").first.click()
    expect(other.locator("#source-1 mark")).to_be_in_viewport()
    other.locator("#source-1").get_by_role("link").first.click()
    expect(other.locator("#quotation")).to_be_in_viewport()
    other.close()


def test_a_conversation_is_exported_as_markdown_and_json(page):
    ask(page, UK)
    ask(page, "And the US?")
    dialog = menu(page)
    with page.expect_download() as markdown:
        dialog.get_by_role("link", name="Export as Markdown").click()
    assert "## And the US?" in markdown.value.path().read_text("utf-8")
    with page.expect_download() as exported:
        dialog.get_by_role("link", name="Export as JSON").click()
    turns = json.loads(exported.value.path().read_text("utf-8"))
    assert [each["question"] for each in turns] == [UK, "And the US?"]
    assert all(each["citations"] for each in turns)


# Telling us


def exported_feedback(shipped):
    from assistant.feedback import Feedback

    return [each.to_question() for each in Feedback(shipped.data_dir).judgements()]


def test_a_thumb_and_a_reason_become_a_question_of_the_export(sized_page, shipped):
    page = sized_page
    turn = ask(page, UK)
    turn.get_by_role("button", name="Bad answer").click()
    reason = f"<b>Too long</b> at {page.viewport_size['width']} px"
    turn.get_by_role("textbox", name="What was right or wrong?").fill(reason)
    turn.get_by_role("button", name="Send").click()
    expect(page.locator("[data-toast]")).to_have_text("Thank you.")
    expect(question_box(page)).to_be_focused()
    [one] = [each for each in exported_feedback(shipped) if each["comment"] == reason]
    assert (one["question"], one["verdict"]) == (UK, "down")
    page.reload()
    ready(page)
    pressed = page.get_by_role("button", name="Bad answer")
    expect(pressed).to_have_attribute("aria-pressed", "true")


def test_a_thumb_that_is_taken_back_leaves_nothing(page, shipped):
    before = len(exported_feedback(shipped))
    turn = ask(page, "What is ROOST?")
    good = turn.get_by_role("button", name="Good answer")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    assert len(exported_feedback(shipped)) == before + 1
    good.click()
    expect(good).to_have_attribute("aria-pressed", "false")
    expect(turn.locator(".reason")).to_be_hidden()
    assert len(exported_feedback(shipped)) == before


def test_feedback_that_cannot_be_kept_is_told_and_the_chat_goes_on(page, shipped):
    from assistant.feedback import FEEDBACK_FILE

    turn = ask(page, UK)
    file = shipped.data_dir / FEEDBACK_FILE
    aside = file.rename(file.with_suffix(".aside")) if file.exists() else None
    file.mkdir()
    try:
        turn.get_by_role("button", name="Good answer").click()
        expect(page.locator("[data-toast]")).to_contain_text("could not be kept")
        expect(turn.locator(".reason")).to_be_hidden()
    finally:
        file.rmdir()
        if aside:
            aside.rename(file)
    assert text_of(ask(page, NEXT))
