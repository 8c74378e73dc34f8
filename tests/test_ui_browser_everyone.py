"""For everyone: axe-core on every view, both languages, and two people's habits end to end."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import (
    DESKTOP,
    NOWHERE,
    PHONE,
    TABLET,
    UK,
    answered,
    ask,
    opened,
    question_box,
    ready,
    text_of,
)
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


def violations(page):
    """Give what axe-core finds in the light theme and in the dark one."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found += [
            (theme, each["id"], [node["html"][:150] for node in each["nodes"]])
            for each in Axe().run(page).response["violations"]
        ]
    return found


# axe-core


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_on_any_view_in_either_theme(browser, url, size):
    page = opened(browser, url, size)
    assert violations(page) == [], "first sight"
    ask(page, UK)
    ask(page, "Why did the UK and the US not sign the Paris statement?")
    turn = ask(page, NOWHERE)
    turn.get_by_role("button", name="Good answer").click()
    expect(turn.locator(".reason")).to_be_visible()
    assert violations(page) == [], "answers"
    page.locator(".marker").first.click()
    expect(page.locator(".panel mark").first).to_be_visible()
    assert violations(page) == [], "source"
    page.keyboard.press("Escape")
    link = turn.get_by_role("link", name="Link").get_attribute("href")
    page.get_by_role("button", name="Menu").click()
    assert violations(page) == [], "menu"
    page.get_by_role("button", name="Delete all").click()
    assert violations(page) == [], "deletion"
    quotation = "/documents/ai-gigafactories?start=0&end=120#quotation"
    for path in ("/documents", quotation, "/timeline", link, "/documents/none", "/api/docs"):
        page.goto(url + path)
        assert violations(page) == [], path
    page.close()


def test_axe_finds_what_is_wrong(page):
    page.evaluate("document.querySelector('.composer textarea').removeAttribute('aria-label')")
    page.evaluate("document.querySelector('.composer textarea').removeAttribute('title')")
    page.evaluate("document.querySelector('.composer textarea').removeAttribute('placeholder')")
    page.evaluate("document.querySelector('.intro').style.color = 'light-dark(#ccc, #333)'")
    found = {(theme, rule) for theme, rule, _ in violations(page)}
    assert found == {
        (theme, rule) for theme in ("light", "dark") for rule in ("label", "color-contrast")
    }


def test_the_chosen_theme_wins_over_the_system_and_is_kept_on_every_page(page, url):
    def paper():
        return page.evaluate("getComputedStyle(document.querySelector('.summit')).color")

    light = paper()
    page.get_by_role("button", name="Menu").click()
    page.get_by_label("Theme").select_option("dark")
    dark = paper()
    assert dark != light
    page.reload()
    ready(page)
    assert paper() == dark
    page.goto(url + "/documents")
    assert paper() == dark


def test_who_wants_no_motion_gets_none(browser, url):
    page = opened(browser, url, reduced_motion="reduce")
    moving = """[...document.querySelectorAll('.chat *')].filter((each) => {
        const style = getComputedStyle(each);
        return style.transitionDuration !== '0s' || style.animationName !== 'none';
    }).length"""
    assert page.evaluate(moving) == 0
    page.close()


# English and French


def test_the_interface_speaks_french_to_whom_prefers_it_or_chooses_it(browser, url):
    page = opened(browser, url, locale="fr-FR")
    assert page.evaluate("document.documentElement.lang") == "fr"
    expect(page.locator(".intro")).to_contain_text("Les réponses viennent de")
    box = page.get_by_role("textbox", name="Votre question")
    box.fill("Pourquoi le Royaume-Uni n’a-t-il pas signé ?")
    box.press("Enter")
    turn = page.locator(".turn").last
    expect(turn.locator(".state")).to_have_text("Cité des sources")
    expect(turn.locator(".text")).to_have_attribute("lang", "en")
    expect(turn.get_by_role("button", name="Modifier la question")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Menu").click()
    page.get_by_label("Langue").select_option("en")
    expect(page.get_by_role("dialog", name="Conversations")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".turn").last.locator(".state")).to_have_text("Quoted from the sources")
    page.goto(url + "/documents")
    expect(page.get_by_role("heading", level=1)).to_have_text("Documents")
    page.get_by_role("link", name="Français").click()
    expect(page.get_by_label("Mots")).to_be_visible()
    page.close()


# Two people's habits


def test_somebody_with_mouse_and_phone_reads_checks_follows_up_and_shares(browser, url):
    page = opened(browser, url, PHONE, has_touch=True, is_mobile=True)
    page.locator(".starters button").first.tap()
    turn = answered(page)
    turn.locator(".marker").first.tap()
    panel = page.locator(".panel")
    expect(panel.locator("mark").first).to_be_in_viewport()
    panel.get_by_role("button", name="Close").tap()
    expect(panel).to_be_hidden()
    turn.locator(".suggestions button").first.tap()
    second = answered(page)
    expect(page.locator(".turn")).to_have_count(2)
    second.get_by_role("button", name="Good answer").tap()
    expect(second.locator(".reason")).to_be_visible()
    with page.context.expect_page() as shared:
        second.get_by_role("link", name="Link").tap()
    expect(shared.value.get_by_role("heading", level=1)).to_have_text(
        second.locator(".question").inner_text()
    )
    shared.value.close()
    page.get_by_role("link", name="Timeline").tap()
    page.locator(".timeline a").first.tap()
    page.get_by_role("link", name="Ask about this document only").tap()
    ready(page)
    page.get_by_role("link", name="Ask all documents").tap()
    ready(page)
    expect(page.locator(".turn")).to_have_count(2)
    page.get_by_role("button", name="New").tap()
    expect(page.locator(".turn")).to_have_count(0)
    page.get_by_role("button", name="Menu").tap()
    page.locator(".kept li button.plain").first.tap()
    expect(page.locator(".turn")).to_have_count(2)
    small = """[...document.querySelectorAll('.chat :is(button, a.button, textarea, select)')]
        .filter((each) => each.checkVisibility() && !each.matches('.plain, .marker'))
        .filter((each) => each.getBoundingClientRect().height < 43.5).length"""
    assert page.evaluate(small) == 0
    assert page.complaints == []
    page.close()


def press_to(page, key, target, most=40):
    """Press a key until the focus, which has to be visible, is on the target."""
    for _ in range(most):
        page.keyboard.press(key)
        if target.evaluate("element => element === document.activeElement"):
            break
    expect(target).to_be_focused()
    outline = target.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline != "none"


def test_somebody_with_keyboard_and_screen_reader_does_the_same(browser, url):  # noqa: PLR0915
    page = opened(browser, url, TABLET)
    page.evaluate("""() => { window.heard = []; new MutationObserver(() => {
        window.heard.push(document.querySelector("[data-status]").textContent);
    }).observe(document.querySelector("[data-status]"), { childList: true }); }""")
    page.keyboard.type(UK)
    page.keyboard.press("Enter")
    turn = answered(page)
    # What is heard is said once, in whole sentences, when the answer is there.
    [heard] = page.evaluate("window.heard")
    assert heard.startswith("Quoted from the sources. ")
    assert re.search(r"national security\b.*\. \d sources\.$", heard)
    assert not re.search(r"\[\d\]|\.\d", heard)
    expect(question_box(page)).to_be_focused()
    expect(page.get_by_role("article", name=f"Question 1: {UK}")).to_be_visible()
    # From the box back to the first marker, whose name says what it opens.
    marker = turn.get_by_role("button", name=re.compile("^Citation 1: ")).first
    press_to(page, "Shift+Tab", marker)
    expect(marker).to_have_accessible_description(re.compile("national security"))
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name=re.compile(r"^Source 1 of \d: "))
    expect(panel).to_be_focused()
    press_to(page, "Tab", panel.get_by_role("button", name="Next citation"))
    page.keyboard.press("Enter")
    expect(page.locator(".panel .position")).to_have_text(re.compile("^2 of"))
    page.keyboard.press("Escape")
    expect(marker).to_be_focused()
    press_to(page, "Tab", turn.get_by_role("button", name="Good answer"))
    page.keyboard.press("Enter")
    press_to(page, "Tab", turn.get_by_role("textbox", name="What was right or wrong?"))
    page.keyboard.type("Clear")
    press_to(page, "Tab", turn.get_by_role("button", name="Send"))
    page.keyboard.press("Enter")
    expect(question_box(page)).to_be_focused()
    press_to(page, "Shift+Tab", turn.locator(".suggestions button").first)
    page.keyboard.press("Enter")
    second = answered(page)
    assert len(page.evaluate("window.heard")) == 2
    press_to(page, "Shift+Tab", second.get_by_role("button", name="Edit question"))
    page.keyboard.press("Enter")
    expect(question_box(page)).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Where was the next AI summit held?")
    page.keyboard.press("Enter")
    third = answered(page)
    expect(page.locator(".turn")).to_have_count(2)
    assert re.search("India|Delhi", text_of(third))
    menu = page.get_by_role("button", name="Menu")
    press_to(page, "Shift+Tab", menu, most=80)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Conversations")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    press_to(page, "Shift+Tab", page.get_by_role("link", name="Documents"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    skip = page.get_by_role("link", name="Skip to the content")
    press_to(page, "Tab", skip)
    page.keyboard.press("Enter")
    press_to(page, "Tab", page.get_by_label("Words"))
    page.keyboard.type("gigafactories")
    page.keyboard.press("Enter")
    press_to(page, "Tab", page.locator(".cards a").first)
    page.keyboard.press("Enter")
    press_to(page, "Tab", page.get_by_role("link", name="Ask about this document only"))
    page.keyboard.press("Enter")
    ready(page)
    expect(question_box(page)).to_be_focused()
    assert page.complaints == []
    page.close()
